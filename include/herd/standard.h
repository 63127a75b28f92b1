/* SPDX-License-Identifier: MIT */
#ifndef HERD_STANDARD_H
#define HERD_STANDARD_H

/*
 * A program may be started with standard input, output or error closed. The
 * next descriptors opened would then take their numbers, and messages would go
 * into a socket. First thing in main: fills the gaps with /dev/null, open for
 * reading only: input is empty, and writing fails as it should.
 */
void herd_standard_fill(void);
/* Last thing of a program: `code`, or EX_IOERR instead of 0 where standard output did not take all that was written to
 * it, which is then said on standard error in the name of `program`.
 */
int herd_standard_end(const char *program, int code);

/* What to do where no thread can be made (-EAGAIN of pthread_create(3)). */
#define HERD_THREAD_ADVICE "too many processes and threads: raise the limit (ulimit -u, TasksMax=, pids.max)"

#endif

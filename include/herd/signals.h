/* SPDX-License-Identifier: MIT */
#ifndef HERD_SIGNALS_H
#define HERD_SIGNALS_H

/*
 * Signals as things to read. A signal that is held is blocked in every thread
 * that is made afterwards, so that it neither does anything by itself nor is
 * lost: it waits until it is taken from the descriptor, and what is never taken
 * has no effect. So there is no moment, at the start or at the end, at which it
 * could kill. Lists of signals end with 0.
 */

#include <stdbool.h>
#include <sys/types.h>

/* First thing in main: exactly these are held; whatever mask the process was started with is gone. Ignores SIGXFSZ: a
 * write past the limit for files fails, and says so. */
void herd_signals_begin(const int *held);
/* Holds these, too, and returns a descriptor that is readable while one of them waits, or a negative errno. */
int herd_signals_open(const int *held);
/* The next of them, or 0. Does not wait. SIGCHLD stands for any number of ends. */
int herd_signals_take(int descriptor);
/* Whether one of these is held and waits. It goes on waiting. */
bool herd_signals_waiting(const int *held);
/* Ends the process as the signal does that nobody handles. Process 1 of a system or container is not killed by its own
 * signals: it exits, with the code that a shell makes of the signal (128 and its number). */
_Noreturn void herd_signals_die(int number);
/* The process of a child that has ended, *ret_status as waitpid's, or 0. Process 1 and whoever is a subreaper have
 * children that they never started. */
pid_t herd_signals_reap(int *ret_status);

#endif

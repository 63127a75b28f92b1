/* SPDX-License-Identifier: MIT */
#ifndef HERD_BENCH_H
#define HERD_BENCH_H

/* `herd bench`: load for a server, and what became of it. argv[0] is the command; returns the exit code (sysexits.h).
 */
int herd_bench_command(int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef HERD_TELL_H
#define HERD_TELL_H

/*
 * What a program says on standard error beside its log: why it does not start,
 * what it finds odd in its configuration. Where standard error is the journal
 * of systemd each line has its priority, `<3>`, as the lines of the log have.
 */

#include <stdbool.h>

#include "herd/log.h"
#include "herd/text.h"

/* Whether standard error is the journal: JOURNAL_STREAM is inherited by whoever is started there (systemd.exec(5)). */
bool herd_tell_is_journal(void);
/* One line, printf style, without its LF. Begins with the program's name, by custom. */
void herd_tell(enum herd_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines as herd_config_load writes them, each after the program's name: errors, or warnings where they say so. */
void herd_tell_lines(const char *program, struct herd_text lines);

#endif

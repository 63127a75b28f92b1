/* SPDX-License-Identifier: MIT */
#ifndef HERD_MESSAGES_H
#define HERD_MESSAGES_H

/*
 * What is wrong, for instance with a configuration, collected a line each:
 * told on standard error while a program starts, logged while it runs.
 */

#include <stdio.h>

#include "herd/log.h"

struct herd_messages {
    FILE *out; /* lines as herd_config_load writes them: `file:line: text` where there is a line */
    char *bytes;
    size_t size;
};

/* Begins with none. It needs memory and nothing else; where there is none the process ends with 71, as always. */
void herd_messages_begin(struct herd_messages *messages);
/* Ends them, said to nobody. */
void herd_messages_drop(struct herd_messages *messages);
/* To standard error, each after the program's name (see herd_tell_lines); ends them. */
void herd_messages_tell(struct herd_messages *messages, const char *program);
/* To the log, an event each of that name, with `place` (`file:line`, where there is one) and `msg`; ends them. Warnings
 * beside errors are left out: they are about what does not come into force. */
void herd_messages_log(struct herd_messages *messages, enum herd_log_level level, const char *event);

#endif

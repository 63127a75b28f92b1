/* SPDX-License-Identifier: MIT */
#ifndef HERD_CONFIG_LOCAL_H
#define HERD_CONFIG_LOCAL_H

/*
 * Inside the configuration room. The way of one file:
 *
 *   path -> source    its text with every include in place, and which file and line each of its lines came from
 *        -> read      libconfig parses the text; every setting is found in the table of options and stored
 *        -> environ   HERD_* variables go over what was stored
 *        -> check     what no row of the table can see alone: addresses, links, pairs of limits
 *
 * Until the end of the check lines are counted in the source's text; then they
 * are translated to lines of the files.
 */

#include "herd/config.h"
#include "herd/configchange.h"

/* `path`, or NULL where nothing is there; what is there and cannot be seen is for the reading to tell. */
const char *config_if_there(const char *path);

/* Lines that are none. */
#define CONFIG_LINE_NONE 0
#define CONFIG_LINE_ENVIRONMENT (-1)

/* -- source: the text ------------------------------------------------------------------------------------------- */

/* From line `line` of the text on, lines are those of file `file` from `file_line` on. */
struct source_piece {
    int line;
    unsigned file;
    int file_line;
};

struct source {
    struct herd_buffer text;
    char **files; /* paths as they were opened; [0] is the configuration itself */
    unsigned file_count;
    struct source_piece *pieces;
    unsigned piece_count;
};

/* -- report: what is told --------------------------------------------------------------------------------------- */

struct config_report {
    FILE *out;
    const struct source *source; /* NULL: the built-in herd */
    int *option_lines;           /* by row of the table: where it was set */
    unsigned errors;
};

/* Begins a message: prints `file:line: `, or `file: ` for CONFIG_LINE_NONE, and counts an error. */
void config_report_begin_error(struct config_report *report, int line);
void config_report_begin_warning(struct config_report *report, int line);
void config_report_end(struct config_report *report);
/* A whole message, printf style. */
void config_report_error(struct config_report *report, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Begins an error about the option of that key: its line, or its environment variable. */
void config_report_begin_option(struct config_report *report, const char *key);
void config_report_begin_option_warning(struct config_report *report, const char *key);
/* Prints foreign text in quotes, escaped and cut to 256 bytes. */
void config_report_quote(const struct config_report *report, const char *text);
/* Prints ` (did you mean "word"?)`, or nothing where `suggestion` is NULL. */
void config_report_suggest(const struct config_report *report, const char *suggestion);

/*
 * Reads the file and what it includes. 0; 66 where the file itself cannot be
 * read; 78 where its text is not fit for the parser (a missing include, an
 * open comment). Numbers that lack their L are told, too, but they do not stop
 * the parser: they get their L, so that what is said about them next is true.
 */
int source_read(struct source *source, const char *path, struct config_report *report);
void source_finish(struct source *source);
/* Where a line of the text came from: the file's path, and its own line. */
const char *source_file(const struct source *source, int line, int *ret_line);

/* -- lexemes: just enough of libconfig's lexical rules to see what it would get wrong ---------------------------- */

enum lexeme_kind {
    LEXEME_END,
    LEXEME_BLANK,   /* white space, or a comment */
    LEXEME_OPEN,    /* a comment or string that is not closed */
    LEXEME_STRING,  /* with its quotes */
    LEXEME_INTEGER, /* with its L, where it has one */
    LEXEME_INCLUDE, /* an include directive up to its closing quote */
    LEXEME_MARK,    /* one of = : , ; ( ) [ ] { } */
    LEXEME_WORD,    /* anything else */
};

/* The lexeme at the start of `rest`; `line_start` tells whether it is the first on its line (for includes). */
enum lexeme_kind lexeme_next(struct herd_text rest, bool line_start, size_t *ret_length);

enum integer_fit { INTEGER_FITS, INTEGER_NEEDS_L, INTEGER_TOO_BIG };
/* How an integer literal of libconfig's fits the type that libconfig reads it into. */
enum integer_fit integer_check(struct herd_text literal);

/* -- options: the table ------------------------------------------------------------------------------------------ */

enum option_type {
    OPTION_GROUP,
    OPTION_SERVERS, /* a list of groups */
    OPTION_LINKS,   /* a list of pairs of names */
    OPTION_FLAG,    /* bool */
    OPTION_NUMBER,  /* uint32_t in [minimum, maximum] */
    OPTION_CHOICE,  /* unsigned: the index in words */
    OPTION_WORD,    /* char *: one of words */
    OPTION_NAME,    /* char *: a name of protocol/ */
    OPTION_PATH,    /* char *: not empty */
    OPTION_URL,     /* char * */
    OPTION_ADDRESS, /* struct herd_address */
    OPTION_SOURCE,  /* struct herd_address; a port is not needed, and is 0 */
    OPTION_WORDS,   /* char ** and unsigned: different ones of words */
    OPTION_PATHS,   /* char ** and unsigned */
};

/* What a running server makes of another value. */
enum option_reload {
    RELOAD_FREELY,
    RELOAD_UPWARDS, /* a number may grow */
    RELOAD_NEVER,
};

struct option {
    const char *key; /* its path, `log.level`; those of servers have `servers.` before it */
    enum option_type type;
    enum herd_config_part part; /* 0: a group */
    enum option_reload reload;
    size_t offset;       /* of the value, in struct herd_config or struct herd_server_config */
    size_t count_offset; /* of a list's count */
    uint32_t minimum;
    uint32_t maximum;
    const char *const *words; /* NULL at the end */
    const char *initial;      /* the default in text; NULL: not set */
    bool required;
    const char *help;
};

#define OPTIONS_MAX HERD_CONFIG_OPTIONS_MAX
#define VARIABLE_MAX 64

extern const struct option option_table[];
extern const unsigned option_count;

/* The row of `group`.`name` (group "" is the top), or NULL. */
const struct option *option_find(const char *group, const char *name);
/* The last part of its key. */
const char *option_name(const struct option *option);
/* Whether it is a direct member of that group. */
bool option_in_group(const struct option *option, const char *group);
/* Whether an environment variable may set it: one value, and not one of a server's. */
bool option_is_scalar(const struct option *option);
/* Its environment variable: `HERD_LOG_LEVEL` for log.level. */
void option_variable(const struct option *option, char ret_variable[VARIABLE_MAX]);
/* The key of that group nearest to a wrong one, or NULL. */
const char *option_suggest(const char *group, const char *name);

/* -- values: one option's value, in the struct that `base` points at --------------------------------------------- */

/* Stores; -EINVAL or -ERANGE where the value is not what option_print_kind tells; then nothing changed. */
int option_set_number(const struct option *option, void *base, int64_t number);
int option_set_flag(const struct option *option, void *base, bool flag);
int option_set_string(const struct option *option, void *base, const char *string);
/* `strings` may be empty. -EEXIST where a word is there twice. */
int option_set_strings(const struct option *option, void *base, const char *const *strings, unsigned count);
/* From text, as in the environment and in the table's defaults: any scalar; for a list, its one element. */
int option_set_text(const struct option *option, void *base, const char *text);
/* Prints what a value must be: `a whole number from 1 to 20` or the like. */
void option_print_kind(const struct option *option, FILE *out);
/* Frees what the value owns and zeroes it. */
void option_clear(const struct option *option, void *base);
/* Whether both values do the same, however they are written. */
bool option_equal(const struct option *option, const void *base, const void *other);
/* Prints the value as in the file; false and nothing where it is not set. */
bool option_print_value(const struct option *option, const void *base, FILE *out);
/* Prints `key = value;` in the file's syntax; nothing for a value that is not set. Returns whether it printed. */
bool option_print(const struct option *option, const void *base, FILE *out);
/* Prints foreign text escaped, each double quote as `quote`. */
void text_print(struct herd_text text, const char *quote, FILE *out);
/* Prints a string in the file's syntax, quotes included. */
void string_print(const char *string, FILE *out);

/* A field of a struct by its offset. */
static inline void *option_field(void *base, size_t offset)
{
    return (char *)base + offset;
}

static inline const void *field_const(const void *base, size_t offset)
{
    return (const char *)base + offset;
}

/* -- steps of herd_config_load ----------------------------------------------------------------------------------- */

/* Every option's default, no servers. */
void config_begin(struct herd_config *config);
/* Gives it the built-in herd's servers and links. */
void config_set_builtin(struct herd_config *config);
/* Whether it has the same servers and links, in the same order: as the example file and a dump of the built-in herd do.
 */
bool config_has_builtin_shape(const struct herd_config *config);
/* Fills the listening addresses that are not given. */
void config_fill_listen(struct herd_config *config);
/* Parses and stores; false where it does not parse. `ret_whole` tells whether servers and links had no error, so that
 * the graph of them can be judged. */
bool config_read_all(struct herd_config *config, const struct source *source, struct config_report *report,
                     bool *ret_whole);
void config_read_environment(struct herd_config *config, struct config_report *report);
void config_check(const struct herd_config *config, struct config_report *report);
void config_check_addresses(const struct herd_config *config, struct config_report *report);
/* Links and what they make: `warn` for warnings too. */
void config_check_graph(const struct herd_config *config, bool warn, struct config_report *report);

#endif

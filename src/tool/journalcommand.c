/* SPDX-License-Identifier: MIT */

/*
 * `herd journal inspect` shows what is in a server's journal, `herd journal
 * verify` says whether all of it is intact. Both only read, and may do so
 * while the server runs: its last line may then be seen half written.
 *
 * Failures: an argument that cannot be used is 64; a file that cannot be read
 * is 66; a damaged or torn line, or a newer format, is 65, told where it is.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/journalread.h"
#include "herd/log.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "local.h"

#define CHECKSUM_BYTES 9 /* with its space: what a person need not see */
#define SHOWN_BYTES 80   /* of a line that is no good */
#define ESCAPED_FACTOR 4 /* \xHH */

static const char usage[] = "Usage: herd journal inspect FILE...\n"
                            "       herd journal verify FILE...\n\n"
                            "FILE is a file of a server's journal (0000000001.journal), or a directory\n"
                            "of them.\n\n"
                            "inspect prints each record with its place in the file, and what is damaged.\n"
                            "verify prints only what is damaged or torn, and a count for each file. It\n"
                            "ends with 65 where it found any.\n\n"
                            "  -h, --help   this text\n";

struct viewing {
    const char *path;
    int fd;
    bool records; /* to be printed */
    bool newer;   /* a header of a newer format was seen */
};

static int64_t pull(void *source, void *out, size_t size)
{
    const struct viewing *viewing = source;
    ssize_t got;
    do {
        got = read(viewing->fd, out, size);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static void print_escaped(struct herd_text text)
{
    char escaped[ESCAPED_FACTOR * HERD_JOURNAL_LINE_MAX];
    fwrite(escaped, 1, herd_escape(text, escaped, sizeof escaped, NULL), stdout);
}

static void print_bad(const struct viewing *viewing, const struct herd_journal_line *line)
{
    struct herd_text shown = line->bytes;
    if (shown.length > SHOWN_BYTES) shown.length = SHOWN_BYTES;
    printf("%s: byte %" PRIu64 ": %s line of %" PRIu64 " bytes: \"", viewing->path, line->offset,
           line->kind == HERD_JOURNAL_TORN ? "torn" : "damaged", line->length);
    print_escaped(shown);
    puts(shown.length < line->bytes.length ? "...\"" : "\"");
}

static void print_header(struct viewing *viewing, const struct herd_journal_line *line)
{
    bool newer = line->format != HERD_JOURNAL_FORMAT;
    viewing->newer = viewing->newer || newer;
    if (newer) {
        printf("%s: byte %" PRIu64 ": format %" PRIu64 ", this version reads format %d\n", viewing->path, line->offset,
               line->format, HERD_JOURNAL_FORMAT);
    } else if (viewing->records) {
        printf("%s: byte %" PRIu64 ": server %.*s of herd %.*s\n", viewing->path, line->offset,
               HERD_TEXT_ARGS(line->server), HERD_TEXT_ARGS(line->herd));
    }
}

static void print_record(const struct herd_journal_line *line)
{
    struct herd_text text = {line->bytes.bytes + CHECKSUM_BYTES, line->bytes.length - CHECKSUM_BYTES};
    printf("%10" PRIu64 "  ", line->offset);
    print_escaped(text);
    putchar('\n');
}

static int on_line(void *owner, const struct herd_journal_line *line)
{
    struct viewing *viewing = owner;
    switch (line->kind) {
    case HERD_JOURNAL_HEADER:
        print_header(viewing, line);
        break;
    case HERD_JOURNAL_RECORD:
        if (viewing->records) print_record(line);
        break;
    case HERD_JOURNAL_DAMAGED:
    case HERD_JOURNAL_TORN:
        print_bad(viewing, line);
        break;
    }
    return ferror(stdout) ? -EIO : 0;
}

static int view_open(struct viewing *viewing)
{
    struct herd_journal_sums sums = {0};
    int error = herd_journal_read(viewing, pull, &sums, viewing, on_line);
    if (ferror(stdout)) return EX_IOERR;
    if (error < 0) {
        herd_complain("journal: %s: %s", viewing->path, herd_error_text(error));
        return EX_NOINPUT;
    }
    printf("%s: %" PRIu64 " records, %" PRIu64 " damaged, %" PRIu64 " torn\n", viewing->path, sums.records,
           sums.damaged, sums.torn);
    return sums.damaged + sums.torn > 0 || viewing->newer ? EX_DATAERR : EX_OK;
}

static int view_file(const char *path, bool records)
{
    struct viewing viewing = {.path = path, .records = records, .fd = herd_path_open_file(AT_FDCWD, path, O_RDONLY, 0)};
    if (viewing.fd < 0) {
        herd_complain("journal: %s: %s", path, herd_error_text(viewing.fd));
        return EX_NOINPUT;
    }
    int code = view_open(&viewing);
    close(viewing.fd);
    return code;
}

/* ---- directories ---- */

static int is_segment(const struct dirent *entry)
{
    return herd_journal_segment_number(entry->d_name) != 0;
}

static int worse(int code, int other)
{
    return other > code ? other : code;
}

static int view_entry(const char *directory, const char *name, bool records)
{
    struct herd_buffer path = HERD_BUFFER_INIT;
    herd_buffer_append(&path, herd_text_of(directory));
    herd_buffer_append_byte(&path, '/');
    herd_buffer_append(&path, (struct herd_text){name, strlen(name) + 1});
    int code = view_file(herd_buffer_text(&path).bytes, records);
    herd_buffer_finish(&path);
    return code;
}

static int view_directory(const char *path, bool records)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_segment, alphasort); /* names are as long as each other */
    if (count < 0) {
        herd_complain("journal: %s: %s", path, herd_error_text(errno));
        return EX_NOINPUT;
    }
    int code = EX_OK;
    for (int i = 0; i < count; i++) {
        if (code != EX_IOERR) code = worse(code, view_entry(path, entries[i]->d_name, records));
        free(entries[i]);
    }
    free(entries);
    if (count > 0) return code;
    herd_complain("journal: %s: no file of a journal is in it", path);
    return EX_NOINPUT;
}

static int view(const char *path, bool records)
{
    struct stat status;
    bool directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return directory ? view_directory(path, records) : view_file(path, records);
}

/* ---- the command ---- */

static int usage_error(const char *text, const char *word)
{
    herd_complain("journal: %s%s (see `herd help journal`)", text, word);
    return EX_USAGE;
}

int journal_command(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    opterr = 0;
    int option = getopt_long(argc, argv, ":h", options, NULL);
    if (option == 'h') {
        fputs(usage, stdout);
        return EX_OK;
    }
    if (option != -1) return herd_complain_option("journal", option, argv);
    if (optind == argc) return usage_error("inspect or verify what?", "");
    const char *verb = argv[optind++];
    bool records = strcmp(verb, "inspect") == 0;
    if (!records && strcmp(verb, "verify") != 0) return usage_error("it is inspect or verify, not ", verb);
    if (optind == argc) return usage_error("a file is missing after ", verb);
    int code = EX_OK;
    for (; optind < argc && code != EX_IOERR; optind++)
        code = worse(code, view(argv[optind], records));
    return fflush(stdout) == 0 && !ferror(stdout) ? code : EX_OK; /* the end of main says so and has a code for it */
}

/* SPDX-License-Identifier: MIT */
/*
 * Reading an index. The happy path: the head says how long it is and is right,
 * so there is memory for as much; the rest follows piece by piece; then every
 * checksum is compared, in that memory.
 *
 * Else: no regular file: refused before a byte is read, for a pipe might never
 * have one. The head is no index's: nothing is allocated, however long the file
 * is. It ends early or a checksum is wrong: it was damaged, or changed while it
 * was read, and which of the two is told.
 */
#include "herd/indexfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "herd/memory.h"
#include "herd/path.h"

#define PIECE_BYTES ((size_t)1 << 20)
#define PATH_BYTES_MAX 4096

char *herd_index_file_beside_program(void)
{
    static const char tail[] = "/../share/herd/places.idx";
    char *path = herd_memory_allocate(PATH_BYTES_MAX + sizeof(tail));
    ssize_t length = readlink("/proc/self/exe", path, PATH_BYTES_MAX);
    path[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(path, '/');
    memcpy(slash != NULL ? slash : path, tail, sizeof(tail));
    return path;
}

int herd_index_file_open(struct herd_index_file *file, const char *path)
{
    size_t size = strlen(path) + 1;
    *file = (struct herd_index_file){.news = HERD_INDEX_FILE_GONE};
    file->path = memcpy(herd_memory_allocate(size), path, size);
    int error = file->descriptor = herd_path_open_file(AT_FDCWD, path, O_RDONLY, 0);
    if (error >= 0) error = fstat(file->descriptor, &file->status) < 0 ? -errno : 0;
    if (error == 0)
        file->news = HERD_INDEX_FILE_SAME;
    else
        file->problem = herd_path_reason(error);
    return error;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* As many bytes as there are, up to `length`; -1: the system says why not. */
static ssize_t read_piece(int descriptor, char *out, size_t length)
{
    size_t got = 0;
    while (got < length) {
        ssize_t count = read(descriptor, out + got, length - got);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -1;
        if (count == 0) break;
        got += (size_t)count;
    }
    return (ssize_t)got;
}

/* The rest, behind `done` bytes: NULL, or why it is not there; *ret_cancelled where it was given up. */
static const char *read_rest(struct herd_index_file *file, size_t done, size_t size,
                             bool (*cancelled)(const void *owner), const void *owner, bool *ret_cancelled)
{
    while (done < size) {
        size_t most = size - done < PIECE_BYTES ? size - done : PIECE_BYTES;
        *ret_cancelled = cancelled != NULL && cancelled(owner);
        if (*ret_cancelled) return "reading it was given up";
        ssize_t got = read_piece(file->descriptor, (char *)file->memory + done, most);
        if (got < 0) return "it cannot be read";
        done += (size_t)got;
        if ((size_t)got < most) return "it is cut short";
    }
    return NULL;
}

static const char *read_all(struct herd_index_file *file, bool (*cancelled)(const void *owner), const void *owner,
                            struct herd_places_index *ret_index, bool *ret_cancelled)
{
    uint64_t header[HERD_PLACES_INDEX_HEAD / sizeof(uint64_t)] = {0};
    size_t size = (size_t)file->status.st_size;
    size_t head = size < sizeof(header) ? size : sizeof(header);
    const char *problem = NULL;
    if (read_piece(file->descriptor, (char *)header, head) != (ssize_t)head) return "it cannot be read";
    problem = herd_places_index_check_head(header, size);
    if (problem != NULL) return problem;
    file->memory = herd_memory_allocate_large(size);
    memcpy(file->memory, header, sizeof(header));
    problem = read_rest(file, sizeof(header), size, cancelled, owner, ret_cancelled);
    if (problem == NULL) herd_places_index_open(file->memory, size, ret_index, &problem);
    return problem;
}

int herd_index_file_read(struct herd_index_file *file, bool (*cancelled)(const void *owner), const void *owner,
                         struct herd_places_index *ret_index)
{
    assert(file->descriptor >= 0 && file->problem == NULL && file->memory == NULL);
    bool given_up = false;
    struct stat now;
    file->problem = read_all(file, cancelled, owner, ret_index, &given_up);
    if (file->problem != NULL) {
        herd_memory_free(file->memory);
        file->memory = NULL;
        if (fstat(file->descriptor, &now) == 0 && !same_file(&now, &file->status))
            file->problem = "it changed while it was read";
    }
    close(file->descriptor);
    file->descriptor = -1;
    if (given_up) return -ECANCELED;
    return file->problem == NULL ? 0 : -EINVAL;
}

bool herd_index_file_look(struct herd_index_file *file)
{
    struct stat now;
    enum herd_index_file_news before = file->news;
    if (stat(file->path, &now) == 0)
        file->news = same_file(&now, &file->status) ? HERD_INDEX_FILE_SAME : HERD_INDEX_FILE_CHANGED;
    else if (errno == ENOENT || errno == ENOTDIR)
        file->news = HERD_INDEX_FILE_GONE; /* any other error tells nothing of the file */
    return file->news != before;
}

void herd_index_file_finish(struct herd_index_file *file)
{
    if (file->path == NULL) return;
    if (file->descriptor >= 0) close(file->descriptor);
    herd_memory_free(file->memory);
    herd_memory_free(file->path);
    *file = (struct herd_index_file){.descriptor = -1};
}

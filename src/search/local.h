/* SPDX-License-Identifier: MIT */
#ifndef HERD_SEARCH_LOCAL_H
#define HERD_SEARCH_LOCAL_H

/* What the files of this room share: one set. */

#include "herd/buffer.h"
#include "herd/indexfile.h"
#include "herd/list.h"
#include "herd/search.h"

enum search_set_state {
    SEARCH_SET_PREPARING, /* the worker has it, for on_ready */
    SEARCH_SET_READY,     /* may be committed */
    SEARCH_SET_SERVING,   /* it is the current one; its indexes may still be read */
    SEARCH_SET_RETIRED,   /* in herd_search.retired, freed when nobody needs it */
};

/* What is asked of a provider's options, in memory of its own. */
struct search_settings {
    char *name;
    char *url;
    char *key_file;
    char *key_place;
    struct herd_buffer key; /* wiped when the service has it */
};

struct search_file {
    struct herd_index_file file;
    bool changed; /* since the last look; the worker's until it is done */
};

struct herd_search_set {
    struct herd_search *search; /* NULL: of a check */
    struct herd_list_node node; /* herd_search.retired */
    enum search_set_state state;
    struct herd_places *places; /* NULL until the keys are read */
    struct herd_places_options limits;
    struct herd_fetch_limits fetch;
    char *user_agent;
    struct search_settings *settings; /* of the providers, in order */
    unsigned provider_count;
    char **paths; /* of the indexes */
    char *index_place;
    bool beside;         /* there is one path, of the index beside the program, and the program can do without it */
    unsigned path_count; /* 0: no provider wants indexes */
    struct search_file *files; /* those that were opened */
    unsigned file_count;
    struct herd_places_index
        *indexes; /* of the good ones; the worker's until it is done, as is all that reading fills */
    unsigned index_count;
    struct herd_worker worker; /* reads, later looks */
    struct herd_buffer faults; /* lines */
    int code;                  /* of the first of them; 0: none */
    herd_search_ready on_ready;
    void *owner;
};

struct herd_search_set *search_set_create(struct herd_search *search, const struct herd_search_options *options);
/* Takes NULL. Its worker is not busy, and its service is idle. */
void search_set_destroy(struct herd_search_set *set);
void search_set_move(struct herd_search_set *set, enum search_set_state state);
/* Whether a provider of it is asked over the network. */
bool search_set_remote(const struct herd_search_set *set);
/* Reads the key files. What is wrong is among the set's faults, here and below. */
void search_set_read_keys(struct herd_search_set *set);
/* Opens the indexes' files: whether there is one to be read. */
bool search_set_open_files(struct herd_search_set *set);
/* Reads those that are open. */
/* `strict`: a configured index that is no good is a fault; else it is left out. */
void search_set_read_files(struct herd_search_set *set, bool strict);
/* Makes the service, and wipes the keys. */
void search_set_make_places(struct herd_search_set *set);
/* Its indexes were read, and are given to the service; those that were left out are logged. */
void search_set_give_indexes(struct herd_search_set *set);
/* Looks whether the files have changed, by the worker; then logs those that have. */
void search_set_look(struct herd_search_set *set);
/* Sends what its service wants sent; returns when it wants to be asked again. */
int64_t search_set_pump(struct herd_search_set *set, int64_t now_ms);
/* Whether it may be destroyed. */
bool search_set_unneeded(const struct herd_search_set *set);

#endif

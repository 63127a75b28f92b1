/* SPDX-License-Identifier: MIT */
#ifndef HERD_LIST_H
#define HERD_LIST_H

/*
 * A circular doubly linked list with a head. A link that is in no list points
 * at itself, so unlinking twice is harmless. Say beside every link which list
 * it belongs to.
 */

#include <stdbool.h>
#include <stddef.h>

struct herd_list_node {
    struct herd_list_node *previous;
    struct herd_list_node *next;
};

static inline void herd_list_init(struct herd_list_node *node)
{
    node->previous = node->next = node;
}

/* Of a head: nothing in it. Of a link: in no list. */
static inline bool herd_list_empty(const struct herd_list_node *node)
{
    return node->next == node;
}

/* Adds a link that is in no list at the end. */
static inline void herd_list_append(struct herd_list_node *head, struct herd_list_node *node)
{
    node->previous = head->previous;
    node->next = head;
    head->previous->next = node;
    head->previous = node;
}

/* Takes a link out of its list; harmless where it is in none. */
static inline void herd_list_remove(struct herd_list_node *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    herd_list_init(node);
}

/* The object that holds `node` as its member. */
#define HERD_CONTAINER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif

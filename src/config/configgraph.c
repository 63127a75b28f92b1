/* SPDX-License-Identifier: MIT */
/*
 * The graph of servers and links. A server that is down takes its links with
 * it, so for every server in turn: without it, are the others still one piece?
 * Pieces are found by union-find; a herd is small.
 */
#include "local.h"

/* An index that is in no piece: the server that is down. */
#define NOBODY HERD_SERVERS_MAX

struct pieces {
    unsigned parent[HERD_SERVERS_MAX]; /* towards the root, which is its own parent and the piece's first server */
    unsigned size[HERD_SERVERS_MAX];   /* of the piece, at its root */
};

static unsigned root_of(struct pieces *pieces, unsigned server)
{
    while (pieces->parent[server] != server) {
        pieces->parent[server] = pieces->parent[pieces->parent[server]];
        server = pieces->parent[server];
    }
    return server;
}

static void join(struct pieces *pieces, unsigned a, unsigned b)
{
    a = root_of(pieces, a);
    b = root_of(pieces, b);
    if (a == b) return;
    unsigned first = a < b ? a : b;
    unsigned later = a < b ? b : a;
    pieces->parent[later] = first;
    pieces->size[first] += pieces->size[later];
}

static void find_pieces(const struct herd_config *config, unsigned down, struct pieces *ret_pieces)
{
    for (unsigned i = 0; i < config->server_count; i++) {
        ret_pieces->parent[i] = i;
        ret_pieces->size[i] = 1;
    }
    for (unsigned i = 0; i < config->link_count; i++) {
        const struct herd_link_config *link = &config->links[i];
        if (link->a != down && link->b != down) join(ret_pieces, link->a, link->b);
    }
}

/* The root of the biggest piece, the first one of equals. */
static unsigned biggest(struct pieces *pieces, unsigned count, unsigned down)
{
    unsigned best = NOBODY;
    for (unsigned i = 0; i < count; i++) {
        if (i == down || root_of(pieces, i) != i) continue;
        if (best == NOBODY || pieces->size[i] > pieces->size[best]) best = i;
    }
    return best;
}

/* `A`, `A and B`, `A, B and C`: all that are not in the piece `main`. Returns how many. */
static unsigned print_outside(const struct herd_config *config, struct pieces *pieces, unsigned inside, unsigned down,
                              FILE *out)
{
    unsigned names[HERD_SERVERS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < config->server_count; i++) {
        if (i != down && root_of(pieces, i) != inside) names[count++] = i;
    }
    for (unsigned i = 0; i < count; i++) {
        const char *between = i == 0 ? "" : i + 1 < count ? ", " : " and ";
        fprintf(out, "%s%s", between, config->servers[names[i]].name);
    }
    return count;
}

static int links_line(const struct herd_config *config)
{
    return config->link_count > 0 ? config->links[0].line : CONFIG_LINE_NONE;
}

static bool check_connected(const struct herd_config *config, struct config_report *report)
{
    struct pieces pieces;
    find_pieces(config, NOBODY, &pieces);
    unsigned root = biggest(&pieces, config->server_count, NOBODY);
    if (root == NOBODY || pieces.size[root] == config->server_count) return true;
    config_report_begin_error(report, links_line(config));
    fprintf(report->out, "the herd is not connected: no links lead from %s to ", config->servers[root].name);
    print_outside(config, &pieces, root, NOBODY, report->out);
    config_report_end(report);
    return false;
}

static void warn_if_cut(const struct herd_config *config, unsigned down, struct config_report *report)
{
    struct pieces pieces;
    find_pieces(config, down, &pieces);
    unsigned root = biggest(&pieces, config->server_count, down);
    if (root == NOBODY || pieces.size[root] + 1 == config->server_count) return;
    config_report_begin_warning(report, config->servers[down].line);
    fprintf(report->out, "if %s is down, ", config->servers[down].name);
    unsigned count = print_outside(config, &pieces, root, down, report->out);
    fprintf(report->out, " %s cut off", count == 1 ? "is" : "are");
    config_report_end(report);
}

static bool same_pair(const struct herd_link_config *x, const struct herd_link_config *y)
{
    return (x->a == y->a && x->b == y->b) || (x->a == y->b && x->b == y->a);
}

static void check_links(const struct herd_config *config, struct config_report *report)
{
    for (unsigned i = 0; i < config->link_count; i++) {
        const struct herd_link_config *link = &config->links[i];
        const char *a = config->servers[link->a].name;
        const char *b = config->servers[link->b].name;
        if (link->a == link->b) config_report_error(report, link->line, "links[%u]: %s is linked to itself", i, a);
        for (unsigned j = 0; j < i; j++) {
            if (!same_pair(&config->links[j], link)) continue;
            config_report_error(report, link->line, "links[%u]: %s and %s are linked by links[%u] already", i, a, b, j);
            break;
        }
    }
}

/* Told at the link that is one too many. */
static void check_neighbours(const struct herd_config *config, unsigned server, struct config_report *report)
{
    unsigned count = 0;
    for (unsigned i = 0; i < config->link_count; i++) {
        const struct herd_link_config *link = &config->links[i];
        if (link->a != server && link->b != server) continue;
        if (++count != HERD_NEIGHBOURS_MAX + 1) continue;
        config_report_error(report, link->line, "links[%u]: %s has more than %d neighbours", i,
                            config->servers[server].name, HERD_NEIGHBOURS_MAX);
    }
}

void config_check_graph(const struct herd_config *config, bool warn, struct config_report *report)
{
    check_links(config, report);
    for (unsigned i = 0; i < config->server_count; i++)
        check_neighbours(config, i, report);
    if (!check_connected(config, report) || !warn) return;
    for (unsigned i = 0; i < config->server_count; i++)
        warn_if_cut(config, i, report);
}

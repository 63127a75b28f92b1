/* SPDX-License-Identifier: MIT */

/*
 * The lines that `herd bench` sends. Making one must cost much less than
 * answering it: numbers are written eight digits at a time, and zipf draws are
 * made before the start.
 *
 * Clients stand on land, in 6 by 12 degrees of Europe, so that questions have
 * answers; each report moves its client a little. Times are the wall clock's
 * and every report has its own, so that each is news.
 */

#include <assert.h>
#include <stdio.h>

#include "herd/clock.h"
#include "herd/memory.h"
#include "herd/word.h"
#include "local.h"

#define DRAWS (1u << 20) /* zipf draws made ahead, then used again */
#define SOUTH_E6 46000000u
#define HEIGHT_E6 6000000u
#define WEST_E6 2000000u
#define WIDTH_E6 12000000u
#define STRIDE_E6 1000u /* how far one report may be from another of its client */

/* Rank r comes up in proportion to 1 / r: the classic law, and one that needs no power function. */
static uint32_t *draw_zipf(struct herd_random *random, unsigned clients)
{
    double *sums = herd_memory_allocate_zeroed(clients, sizeof *sums);
    uint32_t *draws = herd_memory_allocate_zeroed(DRAWS, sizeof *draws);
    double sum = 0;
    for (unsigned i = 0; i < clients; i++) {
        sum += 1.0 / (i + 1.0);
        sums[i] = sum;
    }
    for (unsigned i = 0; i < DRAWS; i++) {
        double point = sum * (double)(herd_random_next(random) >> 11) / 9007199254740992.0;
        unsigned low = 0;
        unsigned high = clients - 1;
        while (low < high) {
            unsigned middle = low + (high - low) / 2;
            if (sums[middle] > point) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        draws[i] = low;
    }
    herd_memory_free(sums);
    return draws;
}

void bench_load_init(struct bench_load *load, const struct bench_options *options)
{
    assert(options->clients >= 1 && options->clients <= BENCH_CLIENTS_MAX);
    *load = (struct bench_load){.clients = options->clients, .whatsat_percent = options->whatsat_percent};
    herd_random_init(&load->random, 1);
    if (options->zipf) load->draws = draw_zipf(&load->random, options->clients);
    int length = snprintf(load->question, sizeof load->question, " %u %u\n", options->radius_km, options->bound);
    assert(length > 0 && (size_t)length < sizeof load->question);
    load->question_length = (size_t)length;
    load->second = -1;
}

void bench_load_finish(struct bench_load *load)
{
    herd_memory_free(load->draws);
    load->draws = NULL;
}

void bench_load_advance(struct bench_load *load, int64_t wall_ns)
{
    if (wall_ns > load->time_ns) load->time_ns = wall_ns;
}

static char *put_digits(char *out, uint32_t number)
{
    herd_word_store(herd_word_digits(number), out);
    return out + HERD_WORD_SIZE;
}

/* Two digits, a point, six digits: under 100 degrees. */
static char *put_degrees(char *out, unsigned degrees_e6)
{
    uint64_t digits = herd_word_digits(degrees_e6);
    herd_word_store(digits, out);
    herd_word_store(digits >> 16, out + 3); /* the last six once more, behind the point; two bytes too many */
    out[2] = '.';
    return out + 9;
}

static char *put_time(struct bench_load *load, char *out)
{
    int64_t ns = ++load->time_ns;
    if (ns / HERD_NS_PER_S != load->second) {
        load->second = ns / HERD_NS_PER_S;
        snprintf(load->second_text, sizeof load->second_text, "%010lld", (long long)load->second);
    }
    uint32_t fraction = (uint32_t)(ns % HERD_NS_PER_S);
    memcpy(out, load->second_text, 10);
    out[10] = '.';
    out = put_digits(out + 11, fraction / 10);
    *out++ = (char)('0' + fraction % 10);
    return out;
}

static char *put_client(char *out, unsigned client, struct bench_request *request)
{
    request->client_at = (unsigned char)(out - request->line);
    *out++ = 'b';
    out = put_digits(out, client);
    memcpy(out, ".bench", 6);
    out += 6;
    request->client_last = (unsigned char)(out - request->line);
    return out;
}

void bench_load_report(struct bench_load *load, unsigned client, struct bench_request *ret_request)
{
    uint64_t spot = client * UINT64_C(0x9e3779b97f4a7c15);
    unsigned step = (unsigned)(load->time_ns & 1023) * STRIDE_E6 / 1024;
    unsigned south = (unsigned)((spot >> 32) * (HEIGHT_E6 - STRIDE_E6) >> 32);
    unsigned west = (unsigned)((spot & UINT32_MAX) * (WIDTH_E6 - STRIDE_E6) >> 32);
    char *out = ret_request->line;
    ret_request->whatsat = false;
    memcpy(out, "IAMAT ", 6);
    out = put_client(out + 6, client, ret_request);
    *out++ = ' ';
    *out++ = '+';
    out = put_degrees(out, SOUTH_E6 + south + step);
    *out++ = '+';
    *out++ = '0';
    out = put_degrees(out, WEST_E6 + west + step);
    *out++ = ' ';
    out = put_time(load, out);
    *out++ = '\n';
    ret_request->length = (unsigned char)(out - ret_request->line);
}

static void make_question(const struct bench_load *load, unsigned client, struct bench_request *request)
{
    char *out = request->line;
    request->whatsat = true;
    memcpy(out, "WHATSAT ", 8);
    out = put_client(out + 8, client, request);
    memcpy(out, load->question, load->question_length);
    request->length = (unsigned char)((size_t)(out - request->line) + load->question_length);
}

void bench_load_next(struct bench_load *load, struct bench_request *ret_request)
{
    uint64_t bits = herd_random_next(&load->random);
    unsigned client = (unsigned)((bits & UINT32_MAX) * load->clients >> 32);
    if (load->draws != NULL) client = load->draws[load->draw++ % DRAWS];
    if ((bits >> 32) * 100 >> 32 < load->whatsat_percent) {
        make_question(load, client, ret_request);
    } else {
        bench_load_report(load, client, ret_request);
    }
}

/* SPDX-License-Identifier: MIT */

/* What `herd bench` tells: a line while it runs, a summary or JSON at its end. */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "herd/clock.h"
#include "local.h"

static const struct {
    const char *label;
    const char *key;
    unsigned per_million;
} quantiles[] = {
    {"p50", "p50_us", 500000},     {"p90", "p90_us", 900000},  {"p99", "p99_us", 990000},
    {"p99.9", "p99_9_us", 999000}, {"max", "max_us", 1000000},
};

void bench_progress(const struct bench *bench)
{
    double elapsed_s = (double)(bench->now_ns - bench->start_ns) / 1e9;
    if (!isatty(STDERR_FILENO) || elapsed_s <= 0) return;
    fprintf(stderr, "\r\033[K%s %.1f s, %" PRIu64 " replies, %.0f/s", bench->preloading ? "loading" : "measuring",
            elapsed_s, bench->answered, (double)bench->answered / elapsed_s);
}

void bench_progress_end(void)
{
    if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
}

static double quantile_us(const struct bench *bench, unsigned per_million)
{
    return (double)herd_histogram_quantile(&bench->latencies, per_million) / 1e3;
}

static double mean_us(const struct bench *bench)
{
    return bench->answered > 0 ? (double)bench->latencies.sum / (double)bench->answered / 1e3 : 0;
}

static void report_json(const struct bench *bench, const struct bench_result *result)
{
    const struct bench_options *options = bench->options;
    double replies = (double)bench->answered;
    printf("{\"connections\": %u, \"depth\": %u, \"clients\": %u, \"zipf\": %s, \"whatsat_percent\": %u, "
           "\"rate\": %u, \"checked\": %s,\n",
           options->connections, options->depth, options->clients, options->zipf ? "true" : "false",
           options->whatsat_percent, options->rate, options->unchecked ? "false" : "true");
    printf(" \"replies\": %" PRIu64 ", \"seconds\": %.6f, \"per_second\": %.1f, \"mean_us\": %.3f", bench->answered,
           result->elapsed_s, replies / result->elapsed_s, mean_us(bench));
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        printf(", \"%s\": %.3f", quantiles[i].key, quantile_us(bench, quantiles[i].per_million));
    printf(",\n \"bench_cpu_seconds\": %.6f", result->own_cpu_s);
    if (result->server_cpu_s >= 0) {
        printf(", \"server_cpu_seconds\": %.6f, \"server_cpu_ns_per_reply\": %.1f", result->server_cpu_s,
               result->server_cpu_s * 1e9 / replies);
    }
    puts("}");
}

static void report_text(const struct bench *bench, const struct bench_result *result)
{
    const struct bench_options *options = bench->options;
    double replies = (double)bench->answered;
    printf("%u connections x depth %u, %u clients%s, %u %% WHATSAT, ", options->connections, options->depth,
           options->clients, options->zipf ? " (zipf)" : "", options->whatsat_percent);
    if (options->rate > 0) {
        printf("%u/s wanted\n", options->rate);
    } else {
        puts("closed loop");
    }
    printf("%" PRIu64 " replies%s in %.3f s: %.0f/s\n", bench->answered, options->unchecked ? "" : ", all right,",
           result->elapsed_s, replies / result->elapsed_s);
    printf("latency in us: mean %.1f", mean_us(bench));
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        printf(", %s %.1f", quantiles[i].label, quantile_us(bench, quantiles[i].per_million));
    printf("\nCPU: this load %.0f %% of a core", 100 * result->own_cpu_s / result->elapsed_s);
    if (result->server_cpu_s >= 0) {
        printf(", the server %.0f %%, %.0f ns a reply", 100 * result->server_cpu_s / result->elapsed_s,
               result->server_cpu_s * 1e9 / replies);
    }
    putchar('\n');
}

void bench_report(const struct bench *bench, const struct bench_result *result)
{
    if (bench->options->json) {
        report_json(bench, result);
    } else {
        report_text(bench, result);
    }
}

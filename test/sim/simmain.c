/* SPDX-License-Identifier: MIT */
/*
 * herd-sim: runs schedules, each from its own seed, and says how to see the
 * first that ended badly once more. The program is linked with the server's
 * own libraries; a mutant runs in its twin beside it, herd-sim-mutants, whose
 * store and flood were compiled with the mistakes.
 */
#include "sim.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/clock.h"
#include "herd/decimal.h"
#include "herd/memory.h"

#define TWIN "herd-sim-mutants"
#define STEPS_MAX 1000000

struct program {
    const char *name; /* as called */
    const char *mutant;
    struct sim_options options;
    uint64_t seed; /* running */
};

/* For what ends the process alone: an assertion in the core that fails is a find, too. */
static struct program *running;

/* The sanitizers', where there are any. NOLINTNEXTLINE(bugprone-reserved-identifier): so they named it. */
extern void __sanitizer_set_death_callback(void (*on_death)(void)) __attribute__((weak));

static void print_replay(const struct program *program)
{
    const struct sim_options *options = &program->options;

    printf("%s --seed %llu --schedules 1 --steps %u", program->name, (unsigned long long)program->seed, options->steps);
    if (options->servers_min != 2 || options->servers_max != SIM_SERVERS_MAX)
        printf(" --servers %u..%u", options->servers_min, options->servers_max);
    if (program->mutant != NULL) printf(" --mutant %s", program->mutant);
    printf("\n");
    fflush(stdout);
}

static void on_death(void)
{
    print_replay(running);
}

static void on_abort(int number)
{
    (void)number;
    on_death();
    _exit(1);
}

/* -- Arguments -- */

static int usage(const char *why, const char *what)
{
    fprintf(stderr,
            "herd-sim: %s%s\n"
            "usage: herd-sim --seed FIRST --schedules N [--steps 400] [--servers 2..7] [--all]\n"
            "                [--mutant NAME | --list-mutants]\n",
            why, what);
    return EX_USAGE;
}

static bool read_number(struct herd_text text, uint64_t min, uint64_t max, uint64_t *ret_number)
{
    uint64_t number;

    if (herd_number_parse(text, max, &number) != 0 || number < min) return false;
    *ret_number = number;
    return true;
}

/* `5` or `2..7`. */
static bool read_servers(struct herd_text text, struct sim_options *options)
{
    const char *dots = text.length >= 3 ? memchr(text.bytes, '.', text.length) : NULL;
    uint64_t min;
    uint64_t max;

    if (dots == NULL) {
        if (!read_number(text, 2, SIM_SERVERS_MAX, &min)) return false;
        max = min;
    } else {
        size_t before = (size_t)(dots - text.bytes);
        if (text.length < before + 3 || dots[1] != '.') return false;
        if (!read_number((struct herd_text){text.bytes, before}, 2, SIM_SERVERS_MAX, &min)) return false;
        if (!read_number((struct herd_text){dots + 2, text.length - before - 2}, min, SIM_SERVERS_MAX, &max))
            return false;
    }
    options->servers_min = (unsigned)min;
    options->servers_max = (unsigned)max;
    return true;
}

static bool read_value(struct program *program, const char *name, const char *value)
{
    struct herd_text text = herd_text_of(value);
    uint64_t steps;

    if (strcmp(name, "--seed") == 0) return read_number(text, 0, UINT64_MAX / 2, &program->options.seed);
    if (strcmp(name, "--schedules") == 0) return read_number(text, 1, UINT64_MAX / 2, &program->options.schedules);
    if (strcmp(name, "--servers") == 0) return read_servers(text, &program->options);
    if (strcmp(name, "--mutant") == 0) {
        program->mutant = value;
        return mutants_find(value) != HERD_MUTANT_NONE;
    }
    if (strcmp(name, "--steps") != 0 || !read_number(text, 0, STEPS_MAX, &steps)) return false;
    program->options.steps = (unsigned)steps;
    return true;
}

/* 0, or the exit code; *ret_list: only the mutants' names are wanted. */
static int read_arguments(struct program *program, char **arguments, bool *ret_list)
{
    *ret_list = false;
    for (; *arguments != NULL; arguments++) {
        if (strcmp(*arguments, "--list-mutants") == 0) {
            *ret_list = true;
        } else if (strcmp(*arguments, "--all") == 0) {
            program->options.all = true;
        } else {
            const char *name = *arguments;
            if (strncmp(name, "--", 2) != 0) return usage("not an option: ", name);
            if (*++arguments == NULL) return usage("unknown, or its value is missing: ", name);
            if (!read_value(program, name, *arguments)) return usage("unknown, or its value is wrong: ", name);
        }
    }
    return 0;
}

/* -- Mutants -- */

/* 0 where this program has the mutant, or does not return; -errno. */
static int choose_mutant(const char *mutant, char **arguments)
{
#ifdef HERD_MUTANTS
    (void)arguments;
    herd_mutant_chosen = mutants_find(mutant);
    return 0;
#else
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof TWIN);
    char *slash;

    (void)mutant;
    if (length < 0) return -errno;
    path[length] = '\0';
    slash = strrchr(path, '/');
    memcpy(slash + 1, TWIN, sizeof TWIN);
    execv(path, arguments);
    return -errno;
#endif
}

/* -- Running -- */

static bool run_one(struct sim_world *world, struct program *program)
{
    struct sim_verdict verdict;

    world_reset(world, &program->options, program->seed);
    schedule_run(world, program->options.steps);
    heal_and_judge(world, &verdict);
    world_finish(world);
    if (!verdict.diverged) return true;
    printf("divergence: %s\n", verdict.text);
    print_replay(program);
    return false;
}

static int run(struct program *program)
{
    struct sim_world *world = herd_memory_allocate_zeroed(1, sizeof *world);
    int64_t start_ns = herd_clock_monotonic_ns();
    uint64_t done = 0;
    uint64_t diverged = 0;
    double seconds;

    running = program;
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback != NULL) __sanitizer_set_death_callback(on_death);
    for (; done < program->options.schedules && (diverged == 0 || program->options.all); done++) {
        program->seed = program->options.seed + done;
        if (!run_one(world, program)) diverged++;
    }
    seconds = (double)(herd_clock_monotonic_ns() - start_ns) / 1e9;
    world_free(world);
    printf("%llu schedules, %llu divergences, %.0f schedules/s\n", (unsigned long long)done,
           (unsigned long long)diverged, (double)done / (seconds > 0 ? seconds : 1));
    return diverged == 0 ? 0 : 1;
}

int main(int count, char **arguments)
{
    struct program program = {.name = count > 0 ? arguments[0] : "herd-sim",
                              .options = {.schedules = 1, .steps = 400, .servers_min = 2, .servers_max = 7}};
    bool list;
    int status = count > 0 ? read_arguments(&program, arguments + 1, &list) : EX_USAGE;

    if (status != 0) return status;
    if (list) {
        mutants_list(stdout);
        return 0;
    }
    if (program.mutant != NULL && (status = choose_mutant(program.mutant, arguments)) < 0) {
        fprintf(stderr, "herd-sim: cannot run %s beside it: %s\n", TWIN, strerror(-status));
        return EX_UNAVAILABLE;
    }
    return run(&program);
}

/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_NETFETCH_H
#define HERD_TEST_NETFETCH_H

/* A fetcher with the server it asks, and requests that write down what became of them. */

#include "netweb.h"

#include "herd/fetch.h"

#define CANARY "CANARY-0123456789"
#define ASKS_MAX 1200

struct ask {
    struct scene *scene;
    struct herd_fetch *fetch;
    unsigned dones;
    int error;
    long http_status;
    char body[64];
    size_t body_length;
    char text[128];
    struct herd_fetch *cancel; /* cancels this one inside on_done */
    bool close_fetcher;        /* closes the fetcher inside on_done */
    bool ask_again;            /* starts another one inside on_done */
};

struct scene {
    struct fixture fixture;
    struct web web;
    struct herd_fetcher *fetcher;
    struct ask asks[ASKS_MAX];
    unsigned ask_count;
    unsigned dones;
    bool closed;
};

static inline void scene_on_closed(void *owner)
{
    struct scene *scene = owner;
    assert_false(scene->closed);
    assert_int_equal(scene->dones, scene->ask_count); /* everybody was told before */
    scene->closed = true;
}

static inline struct ask *scene_get(struct scene *scene, const char *path);

static inline void ask_on_done(struct herd_fetch *fetch, struct herd_fetch_answer *answer, void *owner)
{
    struct ask *ask = owner;
    struct scene *scene = ask->scene;
    assert_ptr_equal(fetch, ask->fetch); /* so start had returned */
    assert_null(strstr(answer->error_text, CANARY));
    assert_int_equal(answer->error == 0, strlen(answer->error_text) == 0);
    ask->dones++;
    scene->dones++;
    ask->error = answer->error;
    ask->http_status = answer->http_status;
    ask->body_length = herd_buffer_length(answer->body);
    snprintf(ask->text, sizeof ask->text, "%s", answer->error_text);
    if (ask->body_length > 0)
        snprintf(ask->body, sizeof ask->body, "%.*s", HERD_TEXT_ARGS(herd_buffer_text(answer->body)));
    if (ask->ask_again) scene_get(scene, "/ok");
    if (ask->cancel != NULL) herd_fetch_cancel(ask->cancel);
    herd_fetch_cancel(fetch); /* too late: harmless */
    if (ask->close_fetcher) herd_fetcher_close(scene->fetcher, scene_on_closed, scene);
}

/* Starts `request` for `url`, which gets the canary as its query. */
static inline struct ask *scene_start(struct scene *scene, const char *url, struct herd_fetch_request request)
{
    char whole[256];
    assert_true(scene->ask_count < ASKS_MAX);
    struct ask *ask = &scene->asks[scene->ask_count++];
    snprintf(whole, sizeof whole, "%s?key=%s", url, CANARY);
    request.url = herd_text_of(whole);
    if (request.timeout_ms == 0) request.timeout_ms = 60000;
    if (request.body_bytes_max == 0) request.body_bytes_max = 1000;
    ask->scene = scene;
    ask->error = 1;
    ask->fetch = herd_fetch_start(scene->fetcher, &request, ask_on_done, ask);
    assert_non_null(ask->fetch);
    assert_int_equal(ask->dones, 0);
    memset(whole, 0, sizeof whole);
    return ask;
}

/* From the host 127.0.0.`host` of the test's server. */
static inline struct ask *scene_get_host(struct scene *scene, unsigned host, const char *path)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.%u:%u%s", host, scene->web.port, path);
    return scene_start(scene, url, (struct herd_fetch_request){.timeout_ms = 0});
}

static inline struct ask *scene_get(struct scene *scene, const char *path)
{
    return scene_get_host(scene, 1, path);
}

static inline void scene_wait(struct scene *scene, const struct ask *ask)
{
    UNTIL(&scene->fixture, ask->dones > 0);
    assert_int_equal(ask->dones, 1);
}

static inline struct scene *scene_open_with(const struct herd_fetch_limits *limits)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    fixture_open(&scene->fixture);
    web_open(&scene->web, &scene->fixture);
    assert_int_equal(herd_fetcher_create(&scene->fixture.loop, limits, "herd-test/1", &scene->fetcher), 0);
    return scene;
}

static inline struct scene *scene_open(void)
{
    return scene_open_with(&(struct herd_fetch_limits){HERD_FETCH_DEFAULTS});
}

/* What is under way is cancelled; everybody is told once; nothing stays open. */
static inline void scene_finish(struct scene *scene)
{
    UNTIL(&scene->fixture, scene->closed);
    for (unsigned i = 0; i < scene->ask_count; i++)
        assert_int_equal(scene->asks[i].dones, 1);
    web_close(&scene->web);
    fixture_close(&scene->fixture);
    free(scene);
}

static inline void scene_close(struct scene *scene)
{
    herd_fetcher_close(scene->fetcher, scene_on_closed, scene);
    assert_false(scene->closed);
    scene_finish(scene);
}

#endif

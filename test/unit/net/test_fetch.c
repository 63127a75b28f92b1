/* SPDX-License-Identifier: MIT */

/* Fetching: what comes back for each behaviour of the other side. Limits and endings are in test_fetchlimits.c. */

#include "netfetch.h"

/* One path after the other over one fetcher, so that failures do not spoil what follows. */
static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int error;
        long http_status;
        const char *body;
        const char *text;
    } table[] = {
        {"/ok", 0, 200, "hello", ""},
        {"/chunked", 0, 200, "abcdefg", ""},
        {"/missing", 0, 404, "no", ""},
        {"/redirect", 0, 302, "no", ""}, /* not followed */
        {"/announced", -EFBIG, 200, "", "answer too big"},
        {"/unannounced", -EFBIG, 200, "", "answer too big"},
        {"/garbage", -EIO, 0, "", "not HTTP"},
        {"/headers", -EFBIG, 200, "", "headers of the answer too big"},
        {"/reset", -EIO, 0, "", "connection lost"},
        {"/cut", -EIO, 200, "", "answer cut short"},
        {"/ok", 0, 200, "hello", ""},
    };
    struct scene *scene = scene_open();
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct ask *ask = scene_get(scene, table[i].path);
        scene_wait(scene, ask);
        if (ask->error != table[i].error || strcmp(ask->text, table[i].text) != 0)
            fail_msg("%s: %d \"%s\"", table[i].path, ask->error, ask->text);
        assert_int_equal(ask->http_status, table[i].http_status);
        assert_string_equal(ask->body, table[i].body);
    }
    scene_close(scene);
}

/* Exactly as many bytes as allowed. */
static void test_body_at_the_cap(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask *ask = scene_get(scene, "/thousand");
    scene_wait(scene, ask);
    assert_int_equal(ask->error, 0);
    assert_int_equal(ask->body_length, 1000);
    scene_close(scene);
}

/*
 * Where nothing is too slow a drip goes on; another fetcher, which gives drips up, is the clock that says when it would
 * have been given up too. By the same clock a server that has not begun to answer is not slow: it thinks.
 */
static void test_never_too_slow(void **state)
{
    (void)state;
    struct herd_fetch_limits limits = {HERD_FETCH_DEFAULTS};
    limits.slow_s = 1;
    struct scene *clock = scene_open_with(&limits);
    limits.slow_bytes_per_second = 0;
    struct scene *scene = scene_open_with(&limits);
    struct herd_fetch_request request = {.body_bytes_max = 200000};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/drip", scene->web.port);
    struct ask *patient = scene_start(scene, url, request);
    UNTIL(&scene->fixture, scene->web.requests == 1);
    struct ask *thinking = scene_get(clock, "/think");
    UNTIL(&clock->fixture, clock->web.held_count == 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/drip", clock->web.port);
    for (unsigned round = 0; round < 2; round++) {
        struct ask *ask = scene_start(clock, url, request);
        while (ask->dones == 0) {
            fixture_turn(&scene->fixture, 1);
            uv_run(&clock->fixture.loop.uv, UV_RUN_ONCE);
        }
        assert_int_equal(ask->error, -ETIMEDOUT);
    }
    fixture_turn(&scene->fixture, 10);
    assert_int_equal(patient->dones, 0);
    assert_int_equal(thinking->dones, 0);
    web_release(&clock->web);
    scene_wait(clock, thinking);
    assert_int_equal(thinking->error, 0);
    assert_string_equal(thinking->body, "hello");
    scene_close(clock);
    scene_close(scene);
}

/* As many bytes of headers as allowed, then one fewer; what is too big is counted, whichever it is. */
static void test_headers_at_the_cap(void **state)
{
    (void)state;
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\n";
    for (unsigned less = 0; less < 2; less++) {
        struct herd_fetch_limits limits = {HERD_FETCH_DEFAULTS};
        limits.header_bytes_max = (uint32_t)strlen(head) - less;
        struct scene *scene = scene_open_with(&limits);
        struct ask *ask = scene_get(scene, "/ok");
        scene_wait(scene, ask);
        assert_int_equal(ask->error, less == 0 ? 0 : -EFBIG);
        assert_int_equal(herd_fetcher_counts(scene->fetcher)->headers_too_big, less);
        scene_close(scene);
    }
    struct scene *scene = scene_open();
    scene_wait(scene, scene_get(scene, "/thousand"));
    assert_int_equal(herd_fetcher_counts(scene->fetcher)->too_big, 0);
    scene_wait(scene, scene_get(scene, "/announced"));
    assert_int_equal(herd_fetcher_counts(scene->fetcher)->too_big, 1);
    scene_wait(scene, scene_get(scene, "/unannounced"));
    assert_int_equal(herd_fetcher_counts(scene->fetcher)->too_big, 2);
    assert_int_equal(herd_fetcher_counts(scene->fetcher)->headers_too_big, 0);
    scene_close(scene);
}

static void test_bad_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        int error;
    } table[] = {
        {"", -EINVAL},
        {"no url", -EINVAL},
        {"http://", -EINVAL},
        {"file:///etc/passwd", -EIO},
        {"gopher://127.0.0.1:1/", -EIO},
        {"ftp://127.0.0.1/", -EIO},
        {"http://127.0.0.1:99999/", -EINVAL},
    };
    struct scene *scene = scene_open();
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct ask *ask = scene_start(scene, table[i].url, (struct herd_fetch_request){.timeout_ms = 0});
        scene_wait(scene, ask);
        assert_int_equal(ask->error, table[i].error);
    }
    struct herd_fetch_request nul = {.url = {"http://127.0.0.1\0/", 18}, .timeout_ms = 1000, .body_bytes_max = 1};
    struct ask *ask = &scene->asks[scene->ask_count++];
    ask->scene = scene;
    ask->fetch = herd_fetch_start(scene->fetcher, &nul, ask_on_done, ask);
    scene_wait(scene, ask);
    assert_string_equal(ask->text, "malformed URL");
    assert_int_equal(scene->web.connections, 0);
    scene_close(scene);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    unsigned port;
    char url[64];
    close(plain_listen(1, &port));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    struct ask *ask = scene_start(scene, url, (struct herd_fetch_request){.timeout_ms = 0});
    scene_wait(scene, ask);
    assert_int_equal(ask->error, -ECONNREFUSED);
    assert_string_equal(ask->text, "cannot connect");
    scene_close(scene);
}

/* What is sent, and what is not: no cookie, no compression, no proxy whatever the environment says. */
static void test_request(void **state)
{
    (void)state;
    static const char *const headers[] = {"X-Herd: yes", "Accept: application/json", NULL};
    struct scene *scene = scene_open();
    char url[64], post[] = "data=1&more=2";
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    setenv("all_proxy", "http://127.0.0.1:1/", 1);
    for (unsigned round = 0; round < 2; round++) { /* the first answer sets a cookie */
        snprintf(url, sizeof url, "http://127.0.0.1:%u/ok", scene->web.port);
        scene_wait(scene, scene_start(scene, url, (struct herd_fetch_request){.headers = headers}));
        assert_int_equal(scene->asks[round].error, 0);
    }
    assert_int_equal(strncmp(scene->web.last, "GET /ok?key=" CANARY " HTTP/1.1\r\n", 20), 0);
    assert_non_null(strstr(scene->web.last, "X-Herd: yes\r\n"));
    assert_non_null(strstr(scene->web.last, "Accept: application/json\r\n"));
    assert_non_null(strstr(scene->web.last, "User-Agent: herd-test/1\r\n"));
    assert_null(strstr(scene->web.last, "Cookie"));
    assert_null(strstr(scene->web.last, "Accept-Encoding"));
    assert_int_equal(scene->web.connections, 1); /* kept alive */
    struct herd_fetch_request request = {.post = herd_text_of(post)};
    struct ask *ask = scene_start(scene, url, request);
    memset(post, 'x', sizeof post - 1); /* it was copied */
    scene_wait(scene, ask);
    assert_int_equal(ask->error, 0);
    assert_int_equal(strncmp(scene->web.last, "POST /ok?", 9), 0);
    assert_non_null(strstr(scene->web.last, "\r\n\r\ndata=1&more=2"));
    assert_int_equal(scene->web.connections, 2); /* a POST always has a new one */
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    scene_close(scene);
}

/* A kept-alive connection that dies at its second request: the GET goes once more, and nobody notices. */
static void test_dead_connection(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    scene_wait(scene, scene_get(scene, "/ok"));
    scene->web.die_on_reuse = true;
    struct ask *ask = scene_get(scene, "/ok");
    scene_wait(scene, ask);
    assert_int_equal(ask->error, 0);
    assert_string_equal(ask->body, "hello");
    assert_int_equal(scene->web.requests, 3);
    assert_int_equal(scene->web.connections, 2);
    scene_close(scene);
}

/* So many dead ones that curl gives up trying old ones: the last try has a new one. */
static void test_many_dead_connections(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    struct scene *scene = scene_open();
    scene->web.hold = true;
    for (unsigned i = 0; i < COUNT; i++)
        scene_get(scene, "/ok");
    UNTIL(&scene->fixture, scene->web.held_count == COUNT);
    web_release(&scene->web);
    UNTIL(&scene->fixture, scene->dones == COUNT);
    assert_int_equal(scene->web.connections, COUNT);
    scene->web.die_on_reuse = true;
    struct ask *ask = scene_get(scene, "/ok");
    scene_wait(scene, ask);
    assert_int_equal(ask->error, 0);
    assert_int_equal(scene->web.connections, COUNT + 1);
    scene_close(scene);
}

/* A new connection that dies is not retried. */
static void test_reset_is_not_retried(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask *ask = scene_get(scene, "/reset");
    scene_wait(scene, ask);
    assert_int_equal(ask->error, -EIO);
    assert_int_equal(scene->web.requests, 1);
    scene_close(scene);
}

static void test_total_timeout(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/silent", scene->web.port);
    struct ask *ask = scene_start(scene, url, (struct herd_fetch_request){.timeout_ms = 50});
    scene_wait(scene, ask);
    assert_int_equal(ask->error, -ETIMEDOUT);
    assert_string_equal(ask->text, "timed out");
    scene_close(scene);
}

/* Neither may use its minute. */
static void test_drip_and_deaf(void **state)
{
    (void)state;
    struct herd_fetch_limits limits = {HERD_FETCH_DEFAULTS};
    limits.connect_timeout_ms = 100;
    limits.slow_s = 1;
    struct scene *scene = scene_open_with(&limits);
    unsigned port;
    char url[64];
    int listening = plain_listen(0, &port), fillers[8];
    struct sockaddr_in address = loopback(port);
    for (unsigned i = 0; i < 8; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(fcntl(fillers[i], F_SETFL, O_NONBLOCK), 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    struct ask *deaf = scene_start(scene, url, (struct herd_fetch_request){.timeout_ms = 60000});
    snprintf(url, sizeof url, "http://127.0.0.1:%u/drip", scene->web.port);
    struct ask *drip =
        scene_start(scene, url, (struct herd_fetch_request){.timeout_ms = 60000, .body_bytes_max = 200000});
    scene_wait(scene, deaf);
    assert_int_equal(deaf->error, -ETIMEDOUT);
    scene_wait(scene, drip);
    assert_int_equal(drip->error, -ETIMEDOUT);
    assert_int_equal(herd_fetcher_counts(scene->fetcher)->timeouts, 2);
    for (unsigned i = 0; i < 8; i++)
        close(fillers[i]);
    close(listening);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_body_at_the_cap),
        cmocka_unit_test(test_never_too_slow),
        cmocka_unit_test(test_headers_at_the_cap),
        cmocka_unit_test(test_bad_urls),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_dead_connection),
        cmocka_unit_test(test_many_dead_connections),
        cmocka_unit_test(test_reset_is_not_retried),
        cmocka_unit_test(test_total_timeout),
        cmocka_unit_test(test_drip_and_deaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

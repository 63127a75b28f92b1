/* SPDX-License-Identifier: MIT */

/*
 * One transfer. Its options are the safety rules: nothing comes from the
 * environment or the home directory, everything that arrives is counted before
 * it is kept.
 *
 * What goes wrong: a cap is passed: the callback refuses the bytes, curl gives
 * up with CURLE_WRITE_ERROR, and too_big says which cap. A connection that was
 * kept alive turns out dead before any byte came: a GET goes once more, over a
 * new one (curl does that itself too, but on another old one). A POST might
 * have been carried out, so it is not repeated: it never uses an old one.
 */

#include <assert.h>
#include <errno.h>

#include "local.h"

#define IDLE_CONNECTION_S 30L /* curl's 118 s outlive many a server's patience */

/*
 * From the first byte of an answer on it must keep coming. Not before: curl
 * counts a server that thinks as one that is slow, and thinking may take as
 * long as the request may.
 */
static void begin_speed_check(struct herd_fetch *fetch)
{
    const struct herd_fetch_limits *limits = &fetch->fetcher->limits;
    if (fetch->header_bytes > 0) return;
    curl_easy_setopt(fetch->easy, CURLOPT_LOW_SPEED_LIMIT, (long)limits->slow_bytes_per_second); /* 0: never slower */
    curl_easy_setopt(fetch->easy, CURLOPT_LOW_SPEED_TIME, (long)limits->slow_s);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *owner)
{
    struct herd_fetch *fetch = owner;
    size_t length = size * count;
    if (length > fetch->body_bytes_max - herd_buffer_length(&fetch->body)) {
        fetch->too_big = "answer too big";
        fetch->fetcher->counts.too_big++;
        return 0;
    }
    herd_buffer_append(&fetch->body, (struct herd_text){bytes, length});
    return length;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *owner)
{
    struct herd_fetch *fetch = owner;
    size_t length = size * count;
    size_t most = fetch->fetcher->limits.header_bytes_max; /* it may have become less since the fetch began */
    (void)bytes;
    if (length > most || fetch->header_bytes > most - length) {
        fetch->too_big = "headers of the answer too big";
        fetch->fetcher->counts.headers_too_big++;
        return 0;
    }
    begin_speed_check(fetch);
    fetch->header_bytes += length;
    return length;
}

/* As curl would; but curl does not tell why it has none, and that we are out of descriptors is no fault of the server.
 */
static curl_socket_t on_open_socket(void *owner, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct herd_fetch *fetch = owner;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    (void)purpose;
    if (fd >= 0) return fd;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) fetch->no_socket = true;
    return CURL_SOCKET_BAD;
}

/* Sets one option and remembers whether any failed. */
#define SET(option, value)                                                                                             \
    do {                                                                                                               \
        if (curl_easy_setopt(easy, option, value) != CURLE_OK) failed = true;                                          \
    } while (0)

static bool set_safety(CURL *easy)
{
    bool failed = false;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_ACCEPT_ENCODING, (char *)NULL);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
    SET(CURLOPT_QUICK_EXIT, 1L); /* else removing a transfer waits for its name look-up */
    return !failed;
}

static bool set_limits(CURL *easy, const struct herd_fetch_limits *limits)
{
    bool failed = false;
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_timeout_ms);
    return !failed;
}

static bool set_request(CURL *easy, struct herd_fetch *fetch)
{
    bool failed = false;
    SET(CURLOPT_PRIVATE, fetch);
    SET(CURLOPT_URL, fetch->url);
    SET(CURLOPT_USERAGENT, fetch->fetcher->user_agent);
    SET(CURLOPT_HTTPHEADER, fetch->headers);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_OPENSOCKETDATA, fetch);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, fetch);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, fetch);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)fetch->body_bytes_max); /* says no at once where a length is announced */
    if (fetch->post == NULL) {
        SET(CURLOPT_HTTPGET, 1L);
        return !failed;
    }
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->post_length);
    SET(CURLOPT_POSTFIELDS, fetch->post);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    return !failed;
}

/* Lets curl begin, with what is left of the time. */
static int add(struct herd_fetch *fetch)
{
    uint64_t now_ms = fetch_now_ms();
    uint64_t left_ms = fetch->deadline_ms > now_ms ? fetch->deadline_ms - now_ms : 1; /* 0 would be no limit */
    if (curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, (long)left_ms) != CURLE_OK) return -EIO;
    return curl_multi_add_handle(fetch->fetcher->multi, fetch->easy) == CURLM_OK ? 0 : -EIO;
}

int fetch_transfer_begin(struct herd_fetch *fetch)
{
    assert(fetch->easy == NULL);
    fetch->easy = curl_easy_init();
    if (fetch->easy == NULL) return -EIO;
    if (set_safety(fetch->easy) && set_limits(fetch->easy, &fetch->fetcher->limits) &&
        set_request(fetch->easy, fetch) && add(fetch) == 0)
        return 0;
    curl_easy_cleanup(fetch->easy);
    fetch->easy = NULL;
    return -EIO;
}

void fetch_transfer_end(struct herd_fetch *fetch)
{
    curl_multi_remove_handle(fetch->fetcher->multi, fetch->easy);
    curl_easy_cleanup(fetch->easy);
    fetch->easy = NULL;
}

/* It was a kept-alive connection that had died: begin again on a new one. */
static bool retry(struct herd_fetch *fetch, CURLcode code)
{
    long connects = 1;
    curl_easy_getinfo(fetch->easy, CURLINFO_NUM_CONNECTS, &connects);
    bool died = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
    if (!died || connects > 0 || fetch->header_bytes > 0 || fetch->post != NULL || fetch->retried) return false;
    fetch->retried = true;
    curl_multi_remove_handle(fetch->fetcher->multi, fetch->easy);
    if (curl_easy_setopt(fetch->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK && add(fetch) == 0) return true;
    curl_easy_cleanup(fetch->easy);
    fetch->easy = NULL;
    return false;
}

static void conclude(struct herd_fetch *fetch, CURLcode code)
{
    const char *text;
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &fetch->http_status);
    if (code != CURLE_OK && retry(fetch, code)) return;
    if (fetch->easy != NULL) fetch_transfer_end(fetch);
    int error = fetch_explain(code, &text);
    if (code == CURLE_FILESIZE_EXCEEDED) fetch->fetcher->counts.too_big++; /* the announced length said so */
    if (error < 0 && fetch->too_big != NULL)
        fetch_finish(fetch, -EFBIG, fetch->too_big);
    else if (code == CURLE_COULDNT_CONNECT && fetch->no_socket)
        fetch_finish(fetch, -EMFILE, "no descriptors are left");
    else
        fetch_finish(fetch, error, text);
}

void fetch_transfer_collect(struct herd_fetcher *fetcher)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(fetcher->multi, &left)) != NULL) {
        char *fetch = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result; /* the message goes with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
        conclude((struct herd_fetch *)(void *)fetch, code);
    }
}

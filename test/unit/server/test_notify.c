/* SPDX-License-Identifier: MIT */
/* What systemd would be told, read from the socket that it would have made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../src/server/local.h"
#include "../ownfolder.h"
#include "herd/clock.h"

struct listener {
    char folder[OWN_FOLDER_SIZE];
    struct sockaddr_un address;
    int socket;
};

static int listen_there(void **state)
{
    static struct listener listener;

    if (!own_folder(listener.folder, "notify")) return -1;
    listener.address.sun_family = AF_UNIX;
    if (snprintf(listener.address.sun_path, sizeof listener.address.sun_path, "%s/s", listener.folder) >=
        (int)sizeof listener.address.sun_path)
        return -1;
    listener.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    *state = &listener;
    setenv("NOTIFY_SOCKET", listener.address.sun_path, 1);
    return bind(listener.socket, (const struct sockaddr *)&listener.address, sizeof listener.address);
}

static int leave(void **state)
{
    struct listener *listener = *state;

    close(listener->socket);
    unlink(listener->address.sun_path);
    return rmdir(listener->folder);
}

static void expect(const struct listener *listener, const char *expected)
{
    char message[512] = "";
    ssize_t length = recv(listener->socket, message, sizeof message - 1, 0);

    assert_true(length > 0);
    assert_string_equal(message, expected);
}

static void ready_and_stopping(void **state)
{
    notify_ready("Goloman", "127.0.0.1:12001");
    expect(*state, "READY=1\nSTATUS=Goloman listens on 127.0.0.1:12001");
    notify_stopping();
    expect(*state, "STOPPING=1");
}

/* One message, with the time of it by the clock that systemd compares with. */
static void reloading_has_its_time(void **state)
{
    struct listener *listener = *state;
    char message[512] = "";
    long long before = (long long)(herd_clock_monotonic_ns() / 1000);
    long long time_us = 0;

    notify_reloading();
    assert_true(recv(listener->socket, message, sizeof message - 1, 0) > 0);
    assert_int_equal(strncmp(message, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    time_us = strtoll(message + 27, NULL, 10);
    assert_true(time_us >= before && time_us <= (long long)(herd_clock_monotonic_ns() / 1000));
    assert_true(recv(listener->socket, message, sizeof message - 1, 0) < 0);
}

static void nobody_is_no_trouble(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_reloading();
    notify_ready("Goloman", "127.0.0.1:12001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ready_and_stopping, listen_there, leave),
        cmocka_unit_test_setup_teardown(reloading_has_its_time, listen_there, leave),
        cmocka_unit_test_setup_teardown(nobody_is_no_trouble, listen_there, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What was collected, told and logged. */
#include <limits.h>

#include "herd/messages.h"
#include "logfixture.h"

static void logged_with_their_places(void **state)
{
    struct world *world = *state;
    struct herd_messages messages;
    open_file_log(world, HERD_LOG_INFO, false, 0);
    herd_messages_begin(&messages);
    fputs("my file.conf:12: unknown key\n"
          "herd.conf: no line\n"
          "HERD_HERD: herd: 5: x\n"
          ":: odd: 1:2: not a place, \n"
          "\n"
          "a:1: without an end",
          messages.out);
    herd_messages_log(&messages, HERD_LOG_ERROR, "refused");
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "level=error server=Goloman event=refused"), 6);
    assert_int_equal(count_of(text, " place=\"my file.conf:12\" msg=\"unknown key\"\n"), 1);
    assert_int_equal(count_of(text, " event=refused msg=\"herd.conf: no line\"\n"), 1);
    assert_int_equal(count_of(text, " event=refused msg=\"HERD_HERD: herd: 5: x\"\n"), 1);
    assert_int_equal(count_of(text, " event=refused msg=\"\"\n"), 1);
    assert_int_equal(count_of(text, " place=a:1 msg=\"without an end\"\n"), 1);
}

static void told_after_the_programs_name(void **state)
{
    struct world *world = *state;
    char path[PATH_MAX];
    struct herd_messages messages;
    snprintf(path, sizeof(path), "%s/old", world->directory); /* removed with it */
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    replace_stderr(world, fd);
    herd_messages_begin(&messages);
    fputs("herd.conf:1: one\nherd.conf:2: warning: two\n", messages.out);
    herd_messages_tell(&messages, "herd-server");
    herd_messages_begin(&messages);
    herd_messages_tell(&messages, "herd-server"); /* none */
    fflush(stderr);
    restore_stderr(world);
    assert_string_equal(read_file(world, path),
                        "herd-server: herd.conf:1: one\nherd-server: herd.conf:2: warning: two\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(logged_with_their_places),
        LOG_TEST(told_after_the_programs_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

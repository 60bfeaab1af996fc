/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/config_values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int set_up(void **state)
{
    *state = gv_arena_new(0);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    gv_arena_free(*state);
    return 0;
}

/* Reads `text`, one YAML value, as the key "key". */
static bool decode(enum gv_setting_type type, struct gv_arena *arena, const char *text,
                   void *ret_value, struct gv_error *err)
{
    struct gv_yaml_documents documents;
    *err = GV_ERROR_INIT;
    assert_true(gv_yaml_parse(arena, "test", gv_slice_from(text), NULL, &documents, err));
    assert_int_equal(documents.count, 1);
    return gv_setting_decode(type, arena, "key", documents.items[0], ret_value, err);
}

static void addresses_are_numeric_with_a_port(void **state)
{
    static const char *const good[] = {"127.0.0.1:5000", "0.0.0.0:0", "'[::1]:65535'", "''"};
    static const char *const bad[] = {
        "localhost:5000",
        "127.0.0.1",
        "'127.0.0.1:'",
        "127.0.0.1:65536",
        "127.0.0.1:99999999",
        "127.0.0.1:-1",
        "127.0.0.1:5000x",
        "':5000'",
        "'[]:80'",
        "'[::1]'",
        "256.1.1.1:80",
        "' 127.0.0.1:80'",
        "'[fe80::1%lo]:80'",
    };
    const char *value;
    struct gv_error err;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!decode(GV_SETTING_ADDRESS, *state, good[i], &value, &err))
            fail_msg("%s: %s", good[i], err.message);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (decode(GV_SETTING_ADDRESS, *state, bad[i], &value, &err))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, GV_ERROR_INVALID);
    }
}

static void loopback_is_told_from_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool loopback;
    } cases[] = {
        {"127.0.0.1:80", true},
        {"127.255.255.254:80", true},
        {"[::1]:80", true},
        {"128.0.0.1:80", false},
        {"126.0.0.1:80", false},
        {"0.0.0.0:80", false},
        {"[::]:80", false},
        {"[::ffff:127.0.0.1]:80", false},
        {"[::2]:80", false},
        {"localhost:80", false},
        {"", false},
        {"127.0.0.1.example:80", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (gv_address_is_loopback(cases[i].address) != cases[i].loopback)
            fail_msg("%s", cases[i].address);
    }
}

static void urls_have_a_scheme_a_host_and_no_more_than_a_path(void **state)
{
    static const char *const good[] = {"http://127.0.0.1:5001", "https://loki:3100/base",
                                       "https://[::1]:80", "''"};
    static const char *const bad[] = {
        "127.0.0.1:5001",  "ftp://h",       "'http://'",     "http://user:pw@host",
        "http://host/?q=", "'http://h/#f'", "'http://h /x'", "\"http://h\\r\\nX: y\"",
        "HTTP://host",
    };
    const char *value;
    struct gv_error err;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!decode(GV_SETTING_URL, *state, good[i], &value, &err))
            fail_msg("%s: %s", good[i], err.message);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (decode(GV_SETTING_URL, *state, bad[i], &value, &err))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, GV_ERROR_INVALID);
    }
}

static void sizes_are_bytes_or_have_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {
        {"0", 0},
        {"1024", 1024},
        {"512B", 512},
        {"16KiB", 16384},
        {"32MiB", 33554432},
        {"1GiB", 1073741824},
        {"'7'", 7},
        {"999999999999", 999999999999},
        {"8589934591GiB", (int64_t)8589934591 << 30},
    };
    static const char *const bad[] = {"KiB",   "1KB",           "1 KiB",        "1.5MiB",
                                      "-1",    "1kib",          "''",           "0x10",
                                      "1MiBB", "9999999999999", "8589934592GiB"};
    int64_t value;
    struct gv_error err;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!decode(GV_SETTING_SIZE, *state, good[i].text, &value, &err))
            fail_msg("%s: %s", good[i].text, err.message);
        assert_int_equal(value, good[i].bytes);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (decode(GV_SETTING_SIZE, *state, bad[i], &value, &err))
            fail_msg("accepted: %s", bad[i]);
    }
}

static void durations_have_units(void **state)
{
    static const struct {
        const char *text;
        gv_duration duration;
    } good[] = {
        {"0s", 0}, {"90m", 90 * GV_MINUTE}, {"1d", GV_DAY}, {"250ms", 250 * GV_MILLISECOND}};
    static const char *const bad[] = {"20", "''", "1x", "-5s", "~"};
    gv_duration value;
    struct gv_error err;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!decode(GV_SETTING_DURATION, *state, good[i].text, &value, &err))
            fail_msg("%s: %s", good[i].text, err.message);
        assert_int_equal(value, good[i].duration);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (decode(GV_SETTING_DURATION, *state, bad[i], &value, &err))
            fail_msg("accepted: %s", bad[i]);
        assert_memory_equal(err.message, "key: ", 5);
    }
}

static void texts_hold_no_nul(void **state)
{
    const char *value;
    struct gv_error err;
    assert_false(decode(GV_SETTING_STRING, *state, "\"a\\0b\"", &value, &err));
    assert_string_equal(err.message, "key must not hold a NUL byte");
}

static void secrets_come_from_a_file_without_its_line_ends(void **state)
{
    char name[] = "/tmp/gv-secret-XXXXXX";
    char yaml[64];
    const char *value;
    struct gv_error err;
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "Bearer abc\r\n\n", 13), 13);
    close(fd);
    snprintf(yaml, sizeof(yaml), "{file: %s}", name);

    assert_true(decode(GV_SETTING_SECRET, *state, yaml, &value, &err));

    assert_string_equal(value, "Bearer abc");
    unlink(name);
}

static void secrets_come_from_the_environment(void **state)
{
    const char *value;
    struct gv_error err;
    setenv("GV_TEST_SECRET", "Basic abc", 1);
    assert_true(decode(GV_SETTING_SECRET, *state, "{env: GV_TEST_SECRET}", &value, &err));
    assert_string_equal(value, "Basic abc");

    unsetenv("GV_TEST_SECRET");
    assert_false(decode(GV_SETTING_SECRET, *state, "{env: GV_TEST_SECRET}", &value, &err));
    assert_string_equal(err.message, "key: the environment has no variable GV_TEST_SECRET");
}

static void secrets_never_stand_in_the_file(void **state)
{
    static const char *const bad[] = {
        "Bearer abc", "[a]",         "{}",         "{file: a, env: B}", "{value: a}",
        "5",          "{file: [a]}", "{env: [a]}", "{env: {a: b}}",     "{file: ~}",
        "{env: ~}",   "{env: ''}",   "{file: ''}",
    };
    const char *value;
    struct gv_error err;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (decode(GV_SETTING_SECRET, *state, bad[i], &value, &err))
            fail_msg("accepted: %s", bad[i]);
        assert_string_equal(err.message, "key is a secret and does not stand here; write "
                                         "{file: PATH} or {env: NAME}");
    }
}

static void a_secret_that_is_not_set_is_empty(void **state)
{
    static const char *const unset[] = {"''", "~"};
    const char *value;
    struct gv_error err;
    for (size_t i = 0; i < COUNT(unset); i++) {
        assert_true(decode(GV_SETTING_SECRET, *state, unset[i], &value, &err));
        assert_string_equal(value, "");
    }
}

static void a_secret_file_that_cannot_be_read_is_named(void **state)
{
    const char *value;
    struct gv_error err;
    char buf[512];
    assert_false(decode(GV_SETTING_SECRET, *state, "{file: /nonexistent/s}", &value, &err));
    assert_string_equal(gv_error_text(&err, buf, sizeof(buf)),
                        "key: /nonexistent/s: cannot open: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses_are_numeric_with_a_port, set_up, tear_down),
        cmocka_unit_test(loopback_is_told_from_the_rest),
        cmocka_unit_test_setup_teardown(urls_have_a_scheme_a_host_and_no_more_than_a_path, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sizes_are_bytes_or_have_a_unit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(durations_have_units, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_hold_no_nul, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_come_from_a_file_without_its_line_ends, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(secrets_come_from_the_environment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_never_stand_in_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_secret_that_is_not_set_is_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_secret_file_that_cannot_be_read_is_named, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

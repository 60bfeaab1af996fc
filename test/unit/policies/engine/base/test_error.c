/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void says_as_much_of_the_place_as_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        unsigned line;
        unsigned column;
        const char *text;
    } cases[] = {
        {"a.yaml", 14, 18, "a.yaml:14:18: bad"},
        {"a.yaml", 14, 0, "a.yaml:14: bad"},
        {"a.yaml", 0, 0, "a.yaml: bad"},
        {NULL, 3, 4, "3:4: bad"},
        {NULL, 0, 0, "bad"},
    };
    char buf[128];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_error err = GV_ERROR_INIT;
        assert_false(gv_error_set(&err, GV_ERROR_SYNTAX, "%s", "bad"));
        assert_false(gv_error_at(&err, cases[i].file, cases[i].line, cases[i].column));
        assert_string_equal(gv_error_text(&err, buf, sizeof(buf)), cases[i].text);
    }
}

static void keeps_the_first_place(void **state)
{
    (void)state;
    struct gv_error err = GV_ERROR_INIT;
    gv_error_set(&err, GV_ERROR_SYNTAX, "bad");
    gv_error_at(&err, NULL, 5, 6);
    gv_error_at(&err, "a.yaml", 1, 1);
    gv_error_at(&err, "b.yaml", 2, 2);
    assert_string_equal(err.file, "a.yaml");
    assert_int_equal(err.line, 5);
    assert_int_equal(err.column, 6);
    gv_error_set(&err, GV_ERROR_IO, "again");
    assert_string_equal(err.file, "");
    assert_int_equal(err.line, 0);
}

static void keeps_the_end_of_a_long_file_name(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'd', sizeof(name));
    strcpy(name + 380, "/access.yaml");
    struct gv_error err = GV_ERROR_INIT;
    gv_error_set(&err, GV_ERROR_IO, "bad");
    gv_error_at(&err, name, 1, 1);
    assert_int_equal(strlen(err.file), GV_ERROR_FILE_SIZE - 1);
    assert_string_equal(err.file + strlen(err.file) - 12, "/access.yaml");
}

static void gains_context_on_the_way_up(void **state)
{
    (void)state;
    struct gv_error err = GV_ERROR_INIT;
    gv_error_set(&err, GV_ERROR_IO, "disk full");
    gv_error_prefix(&err, "audit of %s", "fraud");
    gv_error_set(&err, err.code, "store: %s", err.message);
    assert_string_equal(err.message, "store: audit of fraud: disk full");
    gv_error_set_errno(&err, GV_ERROR_IO, ENOENT, "open %s", "x");
    assert_string_equal(err.message, "open x: No such file or directory");
}

static void cuts_long_messages_between_characters(void **state)
{
    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        char text[1200] = "";
        memset(text, 'a', lead);
        for (size_t i = 0; i < 250; i++) {
            memcpy(text + lead + i * 4, "\xF0\x9F\x98\x80", 4);
        }
        struct gv_error err = GV_ERROR_INIT;
        gv_error_set(&err, GV_ERROR_SYNTAX, "%s", text);
        size_t len = strlen(err.message);
        assert_true(len > GV_ERROR_MESSAGE_SIZE - 5);
        assert_int_equal((len - lead) % 4, 0);
        gv_error_prefix(&err, "in front");
        len = strlen(err.message);
        assert_int_equal((len - lead - strlen("in front: ")) % 4, 0);
    }
}

static void quotes_foreign_text_safely(void **state)
{
    (void)state;
    static const struct {
        struct gv_slice quoted;
        const char *message;
    } cases[] = {
        {{NULL, 0}, "\"\" is bad"},
        {{"caf\xC3\xA9", 5}, "\"caf\xC3\xA9\" is bad"},
        {{"\x1b[31m\r\n\x7F", 8}, "\"?[31m???\" is bad"},
        {{"\xC2\x9B\xFFz\0", 5}, "\"??z?\" is bad"},
        {{"%s%n", 4}, "\"%s%n\" is bad"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_error err = GV_ERROR_INIT;
        assert_false(gv_error_set_quoted(&err, GV_ERROR_INVALID, cases[i].quoted, "is bad"));
        assert_string_equal(err.message, cases[i].message);
    }
    char text[GV_ERROR_QUOTED + 1];
    memset(text, 'a', sizeof(text));
    struct gv_error err = GV_ERROR_INIT;
    gv_error_set_quoted(&err, GV_ERROR_INVALID, (struct gv_slice){text, GV_ERROR_QUOTED}, "x");
    assert_null(strstr(err.message, "…"));
    gv_error_set_quoted(&err, GV_ERROR_INVALID, (struct gv_slice){text, sizeof(text)}, "x");
    assert_non_null(strstr(err.message, "aaa…\" x"));
}

static void accepts_that_nobody_asks_why(void **state)
{
    (void)state;
    assert_false(gv_error_set(NULL, GV_ERROR_IO, "x"));
    assert_false(gv_error_set_errno(NULL, GV_ERROR_IO, EIO, "x"));
    assert_false(gv_error_at(NULL, "x", 1, 1));
    assert_false(gv_error_prefix(NULL, "x"));
}

static void gives_every_code_a_slug(void **state)
{
    (void)state;
    assert_string_equal(gv_error_slug(GV_ERROR_NONE), "none");
    assert_string_equal(gv_error_slug(GV_ERROR_INVALID), "invalid");
    assert_string_equal(gv_error_slug((enum gv_error_code)1000), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_as_much_of_the_place_as_is_known),
        cmocka_unit_test(keeps_the_first_place),
        cmocka_unit_test(keeps_the_end_of_a_long_file_name),
        cmocka_unit_test(gains_context_on_the_way_up),
        cmocka_unit_test(cuts_long_messages_between_characters),
        cmocka_unit_test(quotes_foreign_text_safely),
        cmocka_unit_test(accepts_that_nobody_asks_why),
        cmocka_unit_test(gives_every_code_a_slug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/telemetry/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char written[1 << 20];
static int ends[2];

static int set_up(void **state)
{
    (void)state;
    return pipe(ends);
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* What was logged, with the digits of its time replaced by their pattern. */
static const char *logged(void)
{
    ssize_t got = read(ends[0], written, sizeof(written) - 1);
    written[got > 0 ? got : 0] = '\0';
    size_t from = written[0] == '{' ? 9 : 1;
    for (size_t i = from; i < strlen(written) && i < from + 26; i++) {
        if (written[i] >= '0' && written[i] <= '9') {
            written[i] = '0';
        } else if (written[i] == ']' || written[i] == 'Z') {
            break;
        }
    }
    return written;
}

static void writes_the_line_that_operators_know(void **state)
{
    (void)state;
    gv_log_setup(GV_LOG_TEXT, GV_LOG_INFO, ends[1]);
    gv_log(GV_LOG_INFO, "governance", "Model promotion requested",
           GV_LOG_S("decision_id", "dec-001"), GV_LOG_S("model", "customer-churn"),
           GV_LOG_I("version", 1), GV_LOG_S("path", "staging→production"),
           GV_LOG_S("user", "ds-001"));
    assert_string_equal(logged(), "[0000-00-00 00:00:00] INFO gavel.governance - Model promotion "
                                  "requested decision_id=dec-001 model=customer-churn version=1 "
                                  "path=staging→production user=ds-001\n");
}

static void writes_json(void **state)
{
    (void)state;
    gv_log_setup(GV_LOG_JSON, GV_LOG_INFO, ends[1]);
    gv_log(GV_LOG_WARN, "http", "a \"b\"", GV_LOG_S("s", "x y"), GV_LOG_I("i", -7),
           GV_LOG_B("b", true), GV_LOG_V("v", GV_SLICE("n\0l")));
    assert_string_equal(logged(),
                        "{\"time\":\"0000-00-00T00:00:00.000000Z\",\"level\":\"warn\",\"logger\":"
                        "\"gavel.http\",\"message\":\"a \\\"b\\\"\",\"s\":\"x y\",\"i\":-7,"
                        "\"b\":true,\"v\":\"n\\u0000l\"}\n");
}

static void writes_a_line_without_fields(void **state)
{
    (void)state;
    gv_log_setup(GV_LOG_TEXT, GV_LOG_INFO, ends[1]);
    gv_log(GV_LOG_ERROR, "store", "closed");
    assert_string_equal(logged(), "[0000-00-00 00:00:00] ERROR gavel.store - closed\n");
}

static void a_client_cannot_forge_a_line_or_a_field(void **state)
{
    (void)state;
    const struct {
        const char *value;
        const char *shown;
    } rows[] = {
        {"", "\"\""},
        {"plain", "plain"},
        {"a b", "\"a b\""},
        {"a=b", "\"a=b\""},
        {"x\n[2026-02-08 10:00:00] INFO forged", "\"x\\n[2026-02-08 10:00:00] INFO forged\""},
        {"x\" admin=\"true", "\"x\\\" admin=\\\"true\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"\x1b[2J", "\"\\u001b[2J\""},
        {"c1 \xC2\x9B", "\"c1 \\u009b\""},
        {"sep\xE2\x80\xA8", "\"sep\\u2028\""},
        {"bidi\xE2\x80\xAE", "\"bidi\\u202e\""},
        {"del\x7F", "\"del\\u007f\""},
        {"bad\xFFutf8", "\"bad\xEF\xBF\xBDutf8\""},
        {"tab\tcr\r", "\"tab\\tcr\\r\""},
        {"größe", "größe"},
    };
    gv_log_setup(GV_LOG_TEXT, GV_LOG_INFO, ends[1]);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char expected[256];
        gv_log(GV_LOG_INFO, "x", "m", GV_LOG_S("k", rows[i].value));
        snprintf(expected, sizeof(expected), "[0000-00-00 00:00:00] INFO gavel.x - m k=%s\n",
                 rows[i].shown);
        assert_string_equal(logged(), expected);
    }
}

static void a_message_cannot_break_its_line(void **state)
{
    (void)state;
    gv_log_setup(GV_LOG_TEXT, GV_LOG_INFO, ends[1]);
    gv_log(GV_LOG_INFO, "x", "one\ntwo");
    assert_string_equal(logged(), "[0000-00-00 00:00:00] INFO gavel.x - one\\ntwo\n");
}

static void leaves_out_null_strings(void **state)
{
    (void)state;
    gv_log_setup(GV_LOG_TEXT, GV_LOG_INFO, ends[1]);
    gv_log(GV_LOG_INFO, "x", "m", GV_LOG_S("gone", NULL), GV_LOG_S("here", "1"));
    assert_string_equal(logged(), "[0000-00-00 00:00:00] INFO gavel.x - m here=1\n");
}

static void writes_nothing_below_its_level(void **state)
{
    (void)state;
    gv_log_setup(GV_LOG_TEXT, GV_LOG_WARN, ends[1]);
    assert_false(gv_log_wants(GV_LOG_INFO));
    assert_true(gv_log_wants(GV_LOG_WARN));
    gv_log(GV_LOG_INFO, "x", "quiet");
    gv_log(GV_LOG_WARN, "x", "loud");
    assert_string_equal(logged(), "[0000-00-00 00:00:00] WARN gavel.x - loud\n");
}

static void cuts_a_long_value_and_says_so(void **state)
{
    (void)state;
    char value[3000];
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    gv_log_setup(GV_LOG_TEXT, GV_LOG_INFO, ends[1]);
    gv_log(GV_LOG_INFO, "x", "m", GV_LOG_S("k", value), GV_LOG_S("after", "kept"));
    const char *line = logged();
    assert_non_null(strstr(line, "v…\" after=kept\n"));
    assert_true(strlen(line) < 1200);
}

static void keeps_a_full_line_well_formed(void **state)
{
    (void)state;
    char value[1025];
    memset(value, '\x01', sizeof(value) - 1); /* six bytes each when escaped */
    value[sizeof(value) - 1] = '\0';
    gv_log_setup(GV_LOG_JSON, GV_LOG_INFO, ends[1]);
    gv_log(GV_LOG_INFO, "x", "m", GV_LOG_S("a", value), GV_LOG_S("b", value), GV_LOG_S("c", value),
           GV_LOG_S("big", value), GV_LOG_S("small", "1"));
    const char *line = logged();
    assert_non_null(strstr(line, "\\u0001…\",\"b\":"));
    assert_null(strstr(line, "big"));
    assert_non_null(strstr(line, "\"small\":\"1\",\"truncated\":true}\n"));
    assert_true(strlen(line) <= 4096);
}

static void a_message_larger_than_a_line_leaves_a_line(void **state)
{
    (void)state;
    char message[1025];
    memset(message, '\x01', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    for (int format = GV_LOG_TEXT; format <= GV_LOG_JSON; format++) {
        gv_log_setup((enum gv_log_format)format, GV_LOG_INFO, ends[1]);
        gv_log(GV_LOG_INFO, "x", message, GV_LOG_I("status", 400));
        const char *line = logged();
        assert_int_equal(line[strlen(line) - 1], '\n');
        assert_true(strlen(line) <= 4096);
        assert_non_null(strstr(line, "400"));
        if (format == GV_LOG_JSON) {
            assert_int_equal(line[strlen(line) - 2], '}');
            assert_non_null(strstr(line, "\",\"status\":400"));
        }
    }
}

static void *log_many(void *ctx)
{
    for (int i = 0; i < 20; i++) {
        gv_log(GV_LOG_INFO, "x", "m", GV_LOG_S("thread", ctx), GV_LOG_S("text", "abcdefghij"));
    }
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    (void)state;
    static char name[] = "t";
    pthread_t threads[4];
    gv_log_setup(GV_LOG_TEXT, GV_LOG_INFO, ends[1]);
    for (size_t i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, log_many, name);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    unsigned lines = 0;
    char *rest = NULL;
    logged();
    for (char *line = strtok_r(written, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        assert_string_equal(line + 21, " INFO gavel.x - m thread=t text=abcdefghij");
        lines++;
    }
    assert_int_equal(lines, 80);
}

static void reads_its_settings(void **state)
{
    (void)state;
    enum gv_log_level level;
    enum gv_log_format format;
    assert_true(gv_log_level_parse(GV_SLICE("debug"), &level));
    assert_int_equal(level, GV_LOG_DEBUG);
    assert_true(gv_log_level_parse(GV_SLICE("error"), &level));
    assert_int_equal(level, GV_LOG_ERROR);
    assert_false(gv_log_level_parse(GV_SLICE("loud"), &level));
    assert_true(gv_log_format_parse(GV_SLICE("json"), &format));
    assert_int_equal(format, GV_LOG_JSON);
    assert_false(gv_log_format_parse(GV_SLICE("jso"), &format));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(writes_the_line_that_operators_know), TEST(writes_json),
        TEST(writes_a_line_without_fields),        TEST(a_client_cannot_forge_a_line_or_a_field),
        TEST(a_message_cannot_break_its_line),     TEST(leaves_out_null_strings),
        TEST(writes_nothing_below_its_level),      TEST(cuts_a_long_value_and_says_so),
        TEST(keeps_a_full_line_well_formed),       TEST(a_message_larger_than_a_line_leaves_a_line),
        TEST(lines_of_several_threads_do_not_mix), TEST(reads_its_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void grows_and_stays_terminated(void **state)
{
    (void)state;
    struct gv_text text = GV_TEXT_INIT;
    assert_string_equal(gv_text_cstr(&text), "");
    for (int i = 0; i < 1000; i++) {
        gv_text_char(&text, 'a');
        gv_text_string(&text, "bc");
        gv_text_append(&text, (struct gv_slice){"d\0", 2});
        gv_text_format(&text, "%03d", i);
        assert_int_equal(text.ptr[text.len], 0);
    }
    assert_true(gv_text_ok(&text));
    assert_int_equal(gv_text_slice(&text).len, 8000);
    assert_memory_equal(gv_text_cstr(&text) + 8,
                        "abcd\0"
                        "001",
                        8);
    gv_text_clear(&text);
    assert_string_equal(gv_text_cstr(&text), "");
    gv_text_free(&text);
}

static void hands_its_bytes_over(void **state)
{
    (void)state;
    struct gv_text text = GV_TEXT_INIT;
    char *empty = gv_text_take(&text);
    assert_string_equal(empty, "");
    free(empty);
    gv_text_string(&text, "x");
    char *bytes = gv_text_take(&text);
    assert_string_equal(bytes, "x");
    assert_null(text.ptr);
    free(bytes);
}

static void remembers_a_failure(void **state)
{
    (void)state;
    struct gv_text text = GV_TEXT_INIT;
    gv_text_string(&text, "kept");
    gv_text_append(&text, (struct gv_slice){"x", SIZE_MAX - 2});
    assert_false(gv_text_ok(&text));
    gv_text_string(&text, "more");
    assert_string_equal(gv_text_cstr(&text), "kept");
    assert_null(gv_text_take(&text));
    assert_true(gv_text_ok(&text));
}

static void writes_json_strings(void **state)
{
    (void)state;
    static const struct {
        struct gv_slice in;
        const char *out;
    } cases[] = {
        {{"", 0}, "\"\""},
        {{"plain", 5}, "\"plain\""},
        {{"\"\\/", 3}, "\"\\\"\\\\/\""},
        {{"\b\t\n\f\r", 5}, "\"\\b\\t\\n\\f\\r\""},
        {{"a\0b\x1f\x7f", 5}, "\"a\\u0000b\\u001f\x7f\""},
        {{"\xC3\xA9\xF0\x9F\x98\x80", 6}, "\"\xC3\xA9\xF0\x9F\x98\x80\""},
        {{"a\xFFz", 3}, "\"a\xEF\xBF\xBDz\""},
        {{"\xED\xA0\x80", 3}, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_text text = GV_TEXT_INIT;
        gv_text_json(&text, cases[i].in);
        assert_string_equal(gv_text_cstr(&text), cases[i].out);
        gv_text_free(&text);
    }
}

static void writes_the_shortest_double_that_reads_back(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.95, "0.95"},
        {1, "1.0"},
        {-0.0, "-0.0"},
        {1e300, "1e+300"},
        {0.1 + 0.2, "0.30000000000000004"},
        {5e-324, "4.94065645841247e-324"},
        {1.0 / 0.0, "null"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_text text = GV_TEXT_INIT;
        gv_text_double(&text, cases[i].value);
        assert_string_equal(gv_text_cstr(&text), cases[i].text);
        gv_text_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(hands_its_bytes_over),
        cmocka_unit_test(remembers_a_failure),
        cmocka_unit_test(writes_json_strings),
        cmocka_unit_test(writes_the_shortest_double_that_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

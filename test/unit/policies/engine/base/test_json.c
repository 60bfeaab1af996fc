/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int new_arena(void **state)
{
    *state = gv_arena_new(0);
    return *state ? 0 : -1;
}

static int free_arena(void **state)
{
    gv_arena_free(*state);
    return 0;
}

static const struct gv_json *parse(struct gv_arena *arena, const char *text)
{
    struct gv_error err = GV_ERROR_INIT;
    const struct gv_json *value = gv_json_parse(arena, gv_slice_from(text), NULL, &err);
    if (!value) {
        fail_msg("%s: %s", text, err.message);
    }
    return value;
}

static void accepts_what_rfc_8259_allows(void **state)
{
    static const struct gv_slice cases[] = {
        /* values on their own (§2) */
        GV_SLICE("null"),
        GV_SLICE("true"),
        GV_SLICE("false"),
        GV_SLICE("0"),
        GV_SLICE("\"\""),
        GV_SLICE("[]"),
        GV_SLICE("{}"),
        GV_SLICE(" \t\r\n null \t\r\n "),
        GV_SLICE("[ ]"),
        GV_SLICE("{\n}"),
        /* objects (§4) */
        GV_SLICE("{\"a\":1}"),
        GV_SLICE("{\"a\" : 1 , \"b\" : 2}"),
        GV_SLICE("{\"\":0}"),
        GV_SLICE("{\"a\":{\"a\":{\"a\":1}}}"),
        GV_SLICE("{\"a\":1,\"A\":2}"),
        GV_SLICE("{\"a\\u0000\":1,\"a\":2}"),
        GV_SLICE("{\"\xC3\xA9\":1}"),
        /* arrays (§5) */
        GV_SLICE("[1]"),
        GV_SLICE("[1,\"a\",null,true,{},[]]"),
        GV_SLICE("[[[[[[]]]]]]"),
        GV_SLICE("[ 1 , 2 ]"),
        GV_SLICE("[null,null]"),
        /* numbers (§6) */
        GV_SLICE("-0"),
        GV_SLICE("-1"),
        GV_SLICE("123456789012345678901234567890"),
        GV_SLICE("0.5"),
        GV_SLICE("-0.0"),
        GV_SLICE("1e5"),
        GV_SLICE("1E5"),
        GV_SLICE("1e+5"),
        GV_SLICE("1e-5"),
        GV_SLICE("1.5e5"),
        GV_SLICE("0e0"),
        GV_SLICE("0e+1"),
        GV_SLICE("1e0005"),
        GV_SLICE("1.0000"),
        GV_SLICE("1e999"),
        GV_SLICE("1e-999"),
        GV_SLICE("[-9.99e+9]"),
        GV_SLICE("10"),
        GV_SLICE("100.001"),
        /* strings (§7) */
        GV_SLICE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
        GV_SLICE("\"\\u0000\""),
        GV_SLICE("\"\\uD834\\uDD1E\""),
        GV_SLICE("\"\\ud834\\udd1e\""),
        GV_SLICE("\"\\uFFFF\""),
        GV_SLICE("\"\\uFDD0\""),
        GV_SLICE("\"\x7F\""),
        GV_SLICE("\"\xC2\x80\""),
        GV_SLICE("\"\xE2\x80\xA8\xE2\x80\xA9\""),
        GV_SLICE("\"\xF4\x8F\xBF\xBF\""),
        GV_SLICE("\"\xEF\xBB\xBF\""),
        GV_SLICE("\"/\""),
        GV_SLICE("\"'\""),
        GV_SLICE("\"// no\""),
        GV_SLICE("\"\\u005C\\u0022\""),
        GV_SLICE("\"12345678\\n12345678\""),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_error err = GV_ERROR_INIT;
        if (!gv_json_parse(*state, cases[i], NULL, &err)) {
            fail_msg("%s: %s", cases[i].ptr, err.message);
        }
    }
}

static void refuses_what_rfc_8259_does_not_allow(void **state)
{
    static const struct gv_slice cases[] = {
        /* nothing, or more than one thing */
        GV_SLICE(""),
        GV_SLICE(" "),
        GV_SLICE("1 2"),
        GV_SLICE("[] []"),
        GV_SLICE("{}}"),
        GV_SLICE("[]]"),
        GV_SLICE("null,"),
        GV_SLICE("\"a\"x"),
        GV_SLICE("\"\"\""),
        GV_SLICE("null\0"),
        GV_SLICE("\0"),
        GV_SLICE("[1]#"),
        GV_SLICE("[1]/**/"),
        GV_SLICE("1//x"),
        /* words */
        GV_SLICE("nul"),
        GV_SLICE("nulll"),
        GV_SLICE("True"),
        GV_SLICE("TRUE"),
        GV_SLICE("tru"),
        GV_SLICE("fals"),
        GV_SLICE("NaN"),
        GV_SLICE("nan"),
        GV_SLICE("Infinity"),
        GV_SLICE("-Infinity"),
        GV_SLICE("undefined"),
        GV_SLICE("truefalse"),
        GV_SLICE("t"),
        /* arrays */
        GV_SLICE("["),
        GV_SLICE("]"),
        GV_SLICE("[1"),
        GV_SLICE("[1,"),
        GV_SLICE("[1,]"),
        GV_SLICE("[,1]"),
        GV_SLICE("[,]"),
        GV_SLICE("[1,,2]"),
        GV_SLICE("[1 2]"),
        GV_SLICE("[1:2]"),
        GV_SLICE("[1}"),
        GV_SLICE("[\"a\":1]"),
        GV_SLICE("[1;2]"),
        GV_SLICE("[\"a\""),
        GV_SLICE("[[]"),
        GV_SLICE("[\v1]"),
        GV_SLICE("[\f]"),
        GV_SLICE("[\xC2\xA0]"),
        GV_SLICE("[\xE2\x81\xA0]"),
        GV_SLICE("[1\0]"),
        /* objects */
        GV_SLICE("{"),
        GV_SLICE("}"),
        GV_SLICE("{\"a\""),
        GV_SLICE("{\"a\":"),
        GV_SLICE("{\"a\":1"),
        GV_SLICE("{\"a\":1,"),
        GV_SLICE("{\"a\":1,}"),
        GV_SLICE("{,}"),
        GV_SLICE("{\"a\"}"),
        GV_SLICE("{\"a\" 1}"),
        GV_SLICE("{\"a\",1}"),
        GV_SLICE("{a:1}"),
        GV_SLICE("{'a':1}"),
        GV_SLICE("{1:1}"),
        GV_SLICE("{null:1}"),
        GV_SLICE("{[]:1}"),
        GV_SLICE("{\"a\"::1}"),
        GV_SLICE("{\"a\":1,,\"b\":2}"),
        GV_SLICE("{\"a\":1 \"b\":2}"),
        GV_SLICE("{\"a\":}"),
        GV_SLICE("{:1}"),
        GV_SLICE("{\"a\":1]"),
        GV_SLICE("{\"a\":1;}"),
        GV_SLICE("{\"a\":1 true}"),
        GV_SLICE("{\"a\":/*x*/1}"),
        /* numbers */
        GV_SLICE("-"),
        GV_SLICE("+1"),
        GV_SLICE("--1"),
        GV_SLICE("01"),
        GV_SLICE("-01"),
        GV_SLICE("00"),
        GV_SLICE("1."),
        GV_SLICE(".5"),
        GV_SLICE("-.5"),
        GV_SLICE("1.e5"),
        GV_SLICE("1e"),
        GV_SLICE("1e+"),
        GV_SLICE("1e-"),
        GV_SLICE("1E"),
        GV_SLICE("0x1"),
        GV_SLICE("1.5.5"),
        GV_SLICE("1e5.5"),
        GV_SLICE("1e5e5"),
        GV_SLICE("1+2"),
        GV_SLICE("1_000"),
        GV_SLICE("1,000"),
        GV_SLICE("- 1"),
        GV_SLICE("1a"),
        GV_SLICE("0e"),
        GV_SLICE("0.e1"),
        GV_SLICE("\xEF\xBC\x91"),
        GV_SLICE("-a"),
        GV_SLICE("1\xC3\xA9"),
        /* strings */
        GV_SLICE("\""),
        GV_SLICE("\"a"),
        GV_SLICE("'a'"),
        GV_SLICE("a"),
        GV_SLICE("\"\\"),
        GV_SLICE("\"\\\""),
        GV_SLICE("\"\\x41\""),
        GV_SLICE("\"\\a\""),
        GV_SLICE("\"\\0\""),
        GV_SLICE("\"\\'\""),
        GV_SLICE("\"\\\n\""),
        GV_SLICE("\"\n\""),
        GV_SLICE("\"\t\""),
        GV_SLICE("\"\x1F\""),
        GV_SLICE("\"\0\""),
        GV_SLICE("\"\\u\""),
        GV_SLICE("\"\\u1\""),
        GV_SLICE("\"\\u12\""),
        GV_SLICE("\"\\u123\""),
        GV_SLICE("\"\\u123g\""),
        GV_SLICE("\"\\U0041\""),
        GV_SLICE("\"\\u00"),
        GV_SLICE("\"\\u-123\""),
        GV_SLICE("\"\\uD800\""),
        GV_SLICE("\"\\uDC00\""),
        GV_SLICE("\"\\uD800\\uD800\""),
        GV_SLICE("\"\\uD800\\u0041\""),
        GV_SLICE("\"\\uDC00\\uD800\""),
        GV_SLICE("\"\\uD800\\n\""),
        GV_SLICE("\"\\uD800x\""),
        GV_SLICE("\"\\uD800\\u\""),
        GV_SLICE("\"\\uD800\\"),
        GV_SLICE("\"\\\xC3\xA9\""),
        GV_SLICE("\"\\\0\""),
        GV_SLICE("\"12345678\n12345678\""),
        /* encodings (§8.1) */
        GV_SLICE("\xEF\xBB\xBFnull"),
        GV_SLICE("\xFF\xFEn\0"),
        GV_SLICE("n\0u\0l\0l\0"),
        GV_SLICE("\"\xFF\""),
        GV_SLICE("\"\x80\""),
        GV_SLICE("\"\xC0\x80\""),
        GV_SLICE("\"\xED\xA0\x80\""),
        GV_SLICE("\"\xF4\x90\x80\x80\""),
        GV_SLICE("\"\xC3\""),
        GV_SLICE("\"\xE2\x82\""),
        GV_SLICE("{\"\xFF\":1}"),
        GV_SLICE("null\xC3"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_error err = GV_ERROR_INIT;
        if (gv_json_parse(*state, cases[i], NULL, &err)) {
            fail_msg("accepted case %zu: %s", i, cases[i].ptr);
        }
        assert_int_equal(err.code, GV_ERROR_SYNTAX);
        assert_true(err.line > 0 && err.column > 0);
    }
}

static void says_what_is_wrong_where(void **state)
{
    static const struct {
        struct gv_slice text;
        enum gv_error_code code;
        unsigned line;
        unsigned column;
        const char *says;
    } cases[] = {
#define ROW(text, code, line, column, says) {GV_SLICE(text), GV_ERROR_##code, line, column, says}
        ROW("", SYNTAX, 1, 1, "the end of the text where a value belongs"),
        ROW("{\n  \"a\": 1,\n  \"b\" 2\n}", SYNTAX, 3, 7, "'2' where ':' belongs"),
        ROW("[1,\n 2 3]", SYNTAX, 2, 4, "'3' where ',' or ']' belongs"),
        ROW("{\"a\":1]", SYNTAX, 1, 7, "']' where ',' or '}' belongs"),
        ROW("[\"\xC3\xA9\", \xC3\xA9]", SYNTAX, 1, 8, "'\xC3\xA9' where a value belongs"),
        ROW("[\"\\n\\n\", \x01]", SYNTAX, 1, 10, "byte 0x01 where a value belongs"),
        ROW("{1:2}", SYNTAX, 1, 2, "where a key in double quotes belongs"),
        ROW("[01]", SYNTAX, 1, 2, "leading zeros"),
        ROW("[\n\"a\\qb\"]", SYNTAX, 2, 3, "write \\\\ for a backslash"),
        ROW("[\"a\nb\"]", SYNTAX, 1, 4, "control character"),
        ROW("[\"abc", SYNTAX, 1, 6, "close the quote"),
        ROW("[\n\n  \"\xFF\"]", SYNTAX, 3, 4, "not UTF-8"),
        ROW("[] x", SYNTAX, 1, 4, "where the end of the text belongs"),
        ROW("{\"a\":1,\n \"b\":2,\n \"a\":3}", DUPLICATE_KEY, 3, 2, "\"a\" is a key"),
        ROW("{\"a\":1, \"\\u0061\":3}", DUPLICATE_KEY, 1, 9, "\"a\" is a key"),
        ROW("[{\"x\":{\"\\n\":1,\"\\n\":2}}]", DUPLICATE_KEY, 1, 15, "\"?\" is a key"),
#undef ROW
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_error err = GV_ERROR_INIT;
        assert_null(gv_json_parse(*state, cases[i].text, NULL, &err));
        if (err.code != cases[i].code || err.line != cases[i].line ||
            err.column != cases[i].column || !strstr(err.message, cases[i].says)) {
            fail_msg("%s\ngave %s at %u:%u: %s", cases[i].text.ptr, gv_error_slug(err.code),
                     err.line, err.column, err.message);
        }
    }
}

static void unescapes_strings(void **state)
{
    static const struct {
        const char *text;
        struct gv_slice value;
    } cases[] = {
        {"\"\"", GV_SLICE("")},
        {"\"plain text of some length\"", GV_SLICE("plain text of some length")},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", GV_SLICE("\"\\/\b\f\n\r\t")},
        {"\"a\\u0000b\"", GV_SLICE("a\0b")},
        {"\"\\u00e9\\u20AC\\uD83D\\uDE00\"", GV_SLICE("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")},
        {"\"\\uDBFF\\uDFFF\"", GV_SLICE("\xF4\x8F\xBF\xBF")},
        {"\"12345678\\n1234567\\t12345678901\"", GV_SLICE("12345678\n1234567\t12345678901")},
        {"\"\\u007f\\u0080\\u07ff\\u0800\"", GV_SLICE("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_slice value = parse(*state, cases[i].text)->as.string;
        assert_true(gv_slice_equal(value, cases[i].value));
        assert_int_equal(value.ptr[value.len], '\0');
    }
}

static void builds_values_that_know_their_place(void **state)
{
    const struct gv_json *root = parse(*state, "{\r\n  \"\xC3\xA9\": [true, \"x\\n\", 1.50],\r\n"
                                               "  \"b\": {\"c\": null, \"s\": \"text\"}\r\n}");
    assert_int_equal(root->as.object.count, 2);
    const struct gv_json *list = gv_json_get(root, "\xC3\xA9");
    assert_int_equal(list->line, 2);
    assert_int_equal(list->column, 9);
    assert_int_equal(list->as.array.count, 3);
    assert_true(list->as.array.items[0]->as.boolean);
    assert_int_equal(list->as.array.items[2]->column, 23);
    assert_true(gv_slice_is(list->as.array.items[2]->as.number, "1.50"));
    const struct gv_json *b = gv_json_get(root, "b");
    assert_int_equal(gv_json_get(b, "c")->type, GV_JSON_NULL);
    assert_int_equal(gv_json_get(b, "c")->line, 3);
    assert_int_equal(gv_json_get(b, "c")->column, 14);
    assert_true(gv_slice_is(gv_json_get_string(b, "s"), "text"));
    assert_null(gv_json_get_string(b, "c").ptr);
    assert_null(gv_json_get_string(b, "none").ptr);
    assert_null(gv_json_get(NULL, "a"));
    assert_null(gv_json_get(list, "a"));
}

static void tells_integers_from_other_numbers(void **state)
{
    static const struct {
        const char *text;
        bool is_int;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"0.000", true, 0},
        {"0e999999999999999999999", true, 0},
        {"1", true, 1},
        {"1.0", true, 1},
        {"1e2", true, 100},
        {"1.5e1", true, 15},
        {"100e-2", true, 1},
        {"0.001e3", true, 1},
        {"0.00120e4", true, 12},
        {"1.5", false, 0},
        {"1e-1", false, 0},
        {"0.1", false, 0},
        {"15e-1", false, 0},
        {"1.0000000000000000000000000000000000001", false, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775807.00", true, INT64_MAX},
        {"9.223372036854775807e18", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"9999999999999999999", false, 0},
        {"10000000000000000000", false, 0},
        {"1e18", true, 1000000000000000000},
        {"1e19", false, 0},
        {"1e999999999999999999999999999", false, 0},
        {"1e-999999999999999999999999999", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 42;
        bool is_int = gv_json_int(parse(*state, cases[i].text), &value);
        if (is_int != cases[i].is_int || (is_int && value != cases[i].value)) {
            fail_msg("%s gave %d, %lld", cases[i].text, is_int, (long long)value);
        }
    }
    int64_t unused;
    assert_false(gv_json_int(NULL, &unused));
    assert_false(gv_json_int(parse(*state, "\"1\""), &unused));
}

static void gives_the_nearest_double(void **state)
{
    double value;
    assert_true(gv_json_double(parse(*state, "[0.1,1]")->as.array.items[0], &value));
    assert_true(value == 0.1);
    assert_true(gv_json_double(parse(*state, "1.7976931348623157e308"), &value));
    assert_true(value == 1.7976931348623157e308);
    assert_true(gv_json_double(parse(*state, "5e-324"), &value));
    assert_true(value > 0);
    assert_true(gv_json_double(parse(*state, "1e-999"), &value));
    assert_true(value == 0);
    assert_false(gv_json_double(parse(*state, "1e309"), &value));
    assert_false(gv_json_double(parse(*state, "null"), &value));
    assert_false(gv_json_double(NULL, &value));
}

static void keeps_its_limits(void **state)
{
    static const struct {
        const char *text;
        bool accepted;
    } cases[] = {
        {"123456789", true},   {"1234567890", true}, {"12345678901", false}, {"[[]]", true},
        {"[{\"a\":1}]", true}, {"[[[]]]", false},    {"[1,2]", true},        {"[1,2,3]", false},
    };
    const struct gv_json_limits limits = {.bytes = 10, .depth = 2, .nodes = 3};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_error err = GV_ERROR_INIT;
        bool accepted = gv_json_parse(*state, gv_slice_from(cases[i].text), &limits, &err);
        assert_int_equal(accepted, cases[i].accepted);
        assert_int_equal(err.code, accepted ? GV_ERROR_NONE : GV_ERROR_LIMIT);
    }
}

static void stops_at_the_default_depth(void **state)
{
    char text[2 * 65];
    for (size_t depth = 64; depth <= 65; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct gv_error err = GV_ERROR_INIT;
        const struct gv_json *value =
            gv_json_parse(*state, (struct gv_slice){text, 2 * depth}, NULL, &err);
        assert_int_equal(value != NULL, depth == 64);
    }
}

/* Keys of the same length that differ in their digits. */
static struct gv_slice many_keys(struct gv_arena *arena, size_t count)
{
    char *text = gv_arena_alloc(arena, count * 11 + 3);
    assert_non_null(text);
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += (size_t)sprintf(text + len, "%c\"%06zu\":1", i == 0 ? '{' : ',', i);
    }
    text[len++] = '}';
    return (struct gv_slice){text, len};
}

static void finds_duplicates_among_any_number_of_keys(void **state)
{
    static const size_t counts[] = {2, 15, 16, 17, 1000, 99999};
    const struct gv_json_limits limits = {.bytes = 2 * 1024 * 1024, .depth = 1, .nodes = 100000};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct gv_slice text = many_keys(*state, counts[i]);
        struct gv_error err = GV_ERROR_INIT;
        const struct gv_json *value = gv_json_parse(*state, text, &limits, &err);
        assert_non_null(value);
        assert_int_equal(value->as.object.count, counts[i]);
        memcpy((char *)(uintptr_t)text.ptr + text.len - 11, "\"000000\"", 8);
        assert_null(gv_json_parse(*state, text, &limits, &err));
        assert_int_equal(err.code, GV_ERROR_DUPLICATE_KEY);
        assert_int_equal(err.column, text.len - 10);
    }
}

static void reports_a_full_arena(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 400; limit += 16) {
        struct gv_arena *arena = gv_arena_new(limit);
        struct gv_error err = GV_ERROR_INIT;
        if (!gv_json_parse(arena, GV_SLICE("{\"a\":[1,2,{}],\"b\":\"c\"}"), NULL, &err)) {
            assert_int_equal(err.code, GV_ERROR_MEMORY);
        }
        gv_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
        TEST(accepts_what_rfc_8259_allows),
        TEST(refuses_what_rfc_8259_does_not_allow),
        TEST(says_what_is_wrong_where),
        TEST(unescapes_strings),
        TEST(builds_values_that_know_their_place),
        TEST(tells_integers_from_other_numbers),
        TEST(gives_the_nearest_double),
        TEST(keeps_its_limits),
        TEST(stops_at_the_default_depth),
        TEST(finds_duplicates_among_any_number_of_keys),
        TEST(reports_a_full_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

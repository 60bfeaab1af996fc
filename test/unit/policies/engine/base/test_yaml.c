/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
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

/* The root of the only document; fails the test when `text` is refused. */
static const struct gv_yaml *parse_one(struct gv_arena *arena, const char *text)
{
    struct gv_yaml_documents documents;
    struct gv_error err = GV_ERROR_INIT;
    if (!gv_yaml_parse(arena, "a.yaml", gv_slice_from(text), NULL, &documents, &err)) {
        fail_msg("%s: %s", text, err.message);
    }
    assert_int_equal(documents.count, 1);
    return documents.items[0];
}

static void types_plain_scalars_by_the_core_schema(void **state)
{
    static const struct {
        const char *text;
        enum gv_yaml_type type;
    } cases[] = {
        {"null", GV_YAML_NULL},       {"Null", GV_YAML_NULL},       {"NULL", GV_YAML_NULL},
        {"~", GV_YAML_NULL},          {"nULL", GV_YAML_STRING},     {"true", GV_YAML_BOOL},
        {"True", GV_YAML_BOOL},       {"TRUE", GV_YAML_BOOL},       {"false", GV_YAML_BOOL},
        {"False", GV_YAML_BOOL},      {"FALSE", GV_YAML_BOOL},      {"tRUE", GV_YAML_STRING},
        {"yes", GV_YAML_STRING},      {"no", GV_YAML_STRING},       {"on", GV_YAML_STRING},
        {"off", GV_YAML_STRING},      {"y", GV_YAML_STRING},        {"NO", GV_YAML_STRING},
        {"0", GV_YAML_INT},           {"-0", GV_YAML_INT},          {"+12", GV_YAML_INT},
        {"012", GV_YAML_INT},         {"0o17", GV_YAML_INT},        {"0x1F", GV_YAML_INT},
        {"0o18", GV_YAML_STRING},     {"0x", GV_YAML_STRING},       {"0o", GV_YAML_STRING},
        {"-0x1", GV_YAML_STRING},     {"0b1", GV_YAML_STRING},      {"1_000", GV_YAML_STRING},
        {"12:30:45", GV_YAML_STRING}, {"1.5", GV_YAML_DOUBLE},      {"1.", GV_YAML_DOUBLE},
        {".5", GV_YAML_DOUBLE},       {"-.5", GV_YAML_DOUBLE},      {"1e3", GV_YAML_DOUBLE},
        {"1E+3", GV_YAML_DOUBLE},     {"1.5e-3", GV_YAML_DOUBLE},   {".", GV_YAML_STRING},
        {"+", GV_YAML_STRING},        {"1e", GV_YAML_STRING},       {"e3", GV_YAML_STRING},
        {"1.2.3", GV_YAML_STRING},    {"1.5 ms", GV_YAML_STRING},   {".inf", GV_YAML_DOUBLE},
        {"-.INF", GV_YAML_DOUBLE},    {"+.Inf", GV_YAML_DOUBLE},    {".nan", GV_YAML_DOUBLE},
        {".NaN", GV_YAML_DOUBLE},     {"inf", GV_YAML_STRING},      {"nan", GV_YAML_STRING},
        {"-.nan", GV_YAML_STRING},    {"0x1p3", GV_YAML_STRING},    {"2026-02-08", GV_YAML_STRING},
        {"'1'", GV_YAML_STRING},      {"\"true\"", GV_YAML_STRING}, {"''", GV_YAML_STRING},
        {"|\n  1", GV_YAML_STRING},   {"=", GV_YAML_STRING},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct gv_yaml *node = parse_one(*state, cases[i].text);
        if (node->type != cases[i].type) {
            fail_msg("%s is %s", cases[i].text, gv_yaml_type_name(node->type));
        }
    }
}

static void gives_scalars_their_values(void **state)
{
    assert_int_equal(parse_one(*state, "9223372036854775807")->as.integer, INT64_MAX);
    assert_true(parse_one(*state, "-9223372036854775808")->as.integer == INT64_MIN);
    assert_int_equal(parse_one(*state, "0x7fffffffffffffff")->as.integer, INT64_MAX);
    assert_int_equal(parse_one(*state, "0o17")->as.integer, 15);
    assert_int_equal(parse_one(*state, "012")->as.integer, 12);
    assert_true(parse_one(*state, "1.5e-3")->as.number == 1.5e-3);
    assert_true(parse_one(*state, "-.inf")->as.number == -INFINITY);
    assert_true(isnan(parse_one(*state, ".nan")->as.number));
    assert_true(parse_one(*state, "True")->as.boolean);
    assert_string_equal(parse_one(*state, "True")->text.ptr, "True");
    assert_true(gv_slice_equal(parse_one(*state, "\"a\\0b\"")->text, (struct gv_slice){"a\0b", 3}));
}

static void knows_the_place_of_every_node_in_bytes(void **state)
{
    const struct gv_yaml *root = parse_one(*state, "# comment\r\n"
                                                   "name: \xC3\xA9t\xC3\xA9\r\n"
                                                   "\xC3\xA9: {a: \xF0\x9F\x98\x80, b: [1, x]}\r\n"
                                                   "empty:\r\n"
                                                   "list:\r\n"
                                                   "- one\r\n");
    assert_int_equal(root->line, 2);
    assert_int_equal(root->column, 1);
    const struct gv_yaml *name = gv_yaml_get(root, "name");
    assert_int_equal(name->line, 2);
    assert_int_equal(name->column, 7);
    const struct gv_yaml *b = gv_yaml_get(gv_yaml_get(root, "\xC3\xA9"), "b");
    assert_int_equal(b->line, 3);
    assert_int_equal(b->column, 18);
    assert_int_equal(b->as.sequence.items[1]->column, 22);
    assert_int_equal(gv_yaml_get(root, "empty")->type, GV_YAML_NULL);
    assert_int_equal(gv_yaml_get(root, "list")->as.sequence.items[0]->line, 6);
    assert_int_equal(gv_yaml_get(root, "list")->as.sequence.items[0]->column, 3);
    assert_null(gv_yaml_get(root, "nothing"));
    assert_null(gv_yaml_get(NULL, "x"));
    assert_null(gv_yaml_get(name, "x"));
}

static void takes_plain_keys_as_their_text(void **state)
{
    const struct gv_yaml *root = parse_one(*state, "5: a\ntrue: b\n99999999999999999999: c\n"
                                                   "\"<<\": d\n\"\": e\n~: f\n");
    assert_string_equal(gv_yaml_get(root, "5")->text.ptr, "a");
    assert_string_equal(gv_yaml_get(root, "true")->text.ptr, "b");
    assert_string_equal(gv_yaml_get(root, "99999999999999999999")->text.ptr, "c");
    assert_string_equal(gv_yaml_get(root, "<<")->text.ptr, "d");
    assert_string_equal(gv_yaml_get(root, "")->text.ptr, "e");
    assert_int_equal(root->as.mapping.pairs[0].key->type, GV_YAML_STRING);
}

static void reads_several_documents(void **state)
{
    static const struct {
        const char *text;
        size_t count;
    } cases[] = {
        {"", 0},
        {"# nothing\n", 0},
        {"---\n", 1},
        {"a", 1},
        {"---\n---\n", 2},
        {"a: 1\n---\nb: 2\n", 2},
        {"--- a\n...\n--- b\n...\n", 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_yaml_documents documents = {0};
        assert_true(
            gv_yaml_parse(*state, "a", gv_slice_from(cases[i].text), NULL, &documents, NULL));
        assert_int_equal(documents.count, cases[i].count);
    }
    assert_int_equal(parse_one(*state, "---\n")->type, GV_YAML_NULL);
}

static void refuses_with_place_and_way_out(void **state)
{
    static const struct {
        struct gv_slice text;
        enum gv_error_code code;
        unsigned line;
        unsigned column;
        const char *says;
    } cases[] = {
#define ROW(text, code, line, column, says) {GV_SLICE(text), GV_ERROR_##code, line, column, says}
        ROW("a: &x 1\n", SYNTAX, 1, 4, "anchors are not allowed; write the value out"),
        ROW("a: &x [1]\n", SYNTAX, 1, 4, "anchors are not allowed"),
        ROW("a: &x {b: 1}\n", SYNTAX, 1, 4, "anchors are not allowed"),
        ROW("a: 1\nb: *x\n", SYNTAX, 2, 4, "aliases are not allowed"),
        ROW("*x : 1\n", SYNTAX, 1, 1, "aliases are not allowed"),
        ROW("a: !!str 1\n", SYNTAX, 1, 4, "tags are not allowed"),
        ROW("a: ! 1\n", SYNTAX, 1, 4, "tags are not allowed"),
        ROW("a: !!map {}\n", SYNTAX, 1, 4, "tags are not allowed"),
        ROW("a: !!seq []\n", SYNTAX, 1, 4, "tags are not allowed"),
        ROW("a: !e!x 1\n", SYNTAX, 1, 4, "tags are not allowed"),
        ROW("a: !<tag:x> 1\n", SYNTAX, 1, 4, "tags are not allowed"),
        ROW("%YAML 1.2\n---\na: 1\n", SYNTAX, 1, 1, "directives"),
        ROW("%TAG !e! tag:x,2000:\n---\na: 1\n", SYNTAX, 1, 1, "directives"),
        ROW("%FOO bar\n---\na: 1\n", SYNTAX, 1, 5, "directives"),
        ROW("a: 1\n<<: {b: 1}\n", SYNTAX, 2, 1, "merge keys"),
        ROW("? [a]\n: 1\n", SYNTAX, 1, 3, "cannot be a key"),
        ROW("{[a]: 1}\n", SYNTAX, 1, 2, "cannot be a key"),
        ROW("? {a: 1}\n: 1\n", SYNTAX, 1, 3, "cannot be a key"),
        ROW("?\n: 1\n", SYNTAX, 1, 2, "key is missing"),
        ROW(": 1\n", SYNTAX, 1, 1, "did not find expected key"),
        ROW("a: 1\nb: 2\na: 3\n", DUPLICATE_KEY, 3, 1, "\"a\" is a key that line 1 has"),
        ROW("{a: 1, 'a': 3}\n", DUPLICATE_KEY, 1, 8, "\"a\" is a key that line 1 has"),
        ROW("x:\n  1: 1\n  \"1\": 3\n", DUPLICATE_KEY, 3, 3, "\"1\" is a key that line 2 has"),
        ROW("a: 9223372036854775808\n", RANGE, 1, 4, "does not fit into 64 bits"),
        ROW("a: -9223372036854775809\n", RANGE, 1, 4, "does not fit into 64 bits"),
        ROW("a: 0x8000000000000000\n", RANGE, 1, 4, "does not fit into 64 bits"),
        ROW("a: 1e999\n", RANGE, 1, 4, ".inf"),
        ROW("\xEF\xBB\xBF"
            "a: 1\n",
            SYNTAX, 1, 1, "byte order mark"),
        ROW("\xFF\xFE"
            "a\0",
            SYNTAX, 1, 1, "byte order mark"),
        ROW("a: 1\nb: \xC3\xA9\xFF\n", SYNTAX, 2, 6, "UTF-8"),
        ROW("a: \xED\xA0\x80\n", SYNTAX, 1, 4, "UTF-8"),
        ROW("a: 1\0\n", SYNTAX, 1, 5, "NUL"),
        ROW("a: \x1b[31m\n", SYNTAX, 1, 4, "control character"),
        ROW("a: \x7f\n", SYNTAX, 1, 4, "control character"),
        ROW("a: \xC2\x85 b: 1\n", SYNTAX, 1, 4, "control character"),
        ROW("# hidden\xE2\x80\xA8key: 1\n", SYNTAX, 1, 9, "line break"),
        ROW("# hidden\rkey: 1\n", SYNTAX, 1, 9, "carriage return"),
        ROW("a: \xEF\xBF\xBF\n", SYNTAX, 1, 4, "control characters"),
        ROW("\xC3\xA9: a: 1\n", SYNTAX, 1, 6, "quote a value that has"),
        ROW("a: 1\n\tb: 1\n", SYNTAX, 2, 1, "spaces"),
        ROW("a: @b\n", SYNTAX, 1, 4, "quote a value that begins with @"),
        ROW("a: [1, 2\n", SYNTAX, 2, 1, "]"),
        ROW("a: \"b\n", SYNTAX, 2, 1, "close the quote"),
        ROW("a: \"\\q\"\n", SYNTAX, 1, 5, "backslash"),
        ROW("a: 1\n b: 1\n", SYNTAX, 2, 3, "indentation"),
        ROW("- a\nb: 1\n", SYNTAX, 2, 1, "same column"),
        ROW("a: - b\n", SYNTAX, 1, 4, "line of its own"),
#undef ROW
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_yaml_documents documents;
        struct gv_error err = GV_ERROR_INIT;
        assert_false(gv_yaml_parse(*state, "a.yaml", cases[i].text, NULL, &documents, &err));
        if (err.code != cases[i].code || err.line != cases[i].line ||
            err.column != cases[i].column || !strstr(err.message, cases[i].says)) {
            fail_msg("%s\ngave %s at %u:%u: %s", cases[i].text.ptr, gv_error_slug(err.code),
                     err.line, err.column, err.message);
        }
        assert_string_equal(err.file, "a.yaml");
    }
}

/* `count` times `piece`. */
static struct gv_slice repeat(struct gv_arena *arena, const char *piece, size_t count)
{
    size_t len = strlen(piece);
    char *text = gv_arena_alloc(arena, count * len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * len, piece, len);
    }
    return (struct gv_slice){text, count * len};
}

static void expect_limit(struct gv_arena *arena, struct gv_slice text,
                         const struct gv_yaml_limits *limits, bool accepted)
{
    struct gv_yaml_documents documents;
    struct gv_error err = GV_ERROR_INIT;
    assert_int_equal(gv_yaml_parse(arena, "a", text, limits, &documents, &err), accepted);
    assert_int_equal(err.code, accepted ? GV_ERROR_NONE : GV_ERROR_LIMIT);
}

static void keeps_its_limits(void **state)
{
    const struct gv_yaml_limits limits = {.bytes = 10, .depth = 2, .nodes = 3, .documents = 2};
    expect_limit(*state, GV_SLICE("123456789"), &limits, true);
    expect_limit(*state, GV_SLICE("1234567890"), &limits, true);
    expect_limit(*state, GV_SLICE("12345678901"), &limits, false);
    expect_limit(*state, GV_SLICE("[[]]"), &limits, true);
    expect_limit(*state, GV_SLICE("[[[]]]"), &limits, false);
    expect_limit(*state, GV_SLICE("[1, 2]"), &limits, true);
    expect_limit(*state, GV_SLICE("[1, 2, 3]"), &limits, false);
    expect_limit(*state, GV_SLICE("--- a\n---"), &limits, true);
    const struct gv_yaml_limits two = {.bytes = 100, .depth = 2, .nodes = 3, .documents = 2};
    expect_limit(*state, GV_SLICE("--- a\n--- b\n--- c\n"), &two, false);
}

static void stops_at_the_depth_limit_of_every_style(void **state)
{
    static const char *const pieces[] = {"[", "{a: ", "- ", "? ", "[{a: ", "[? "};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct gv_yaml_documents documents;
        struct gv_error err = GV_ERROR_INIT;
        struct gv_slice bomb = repeat(*state, pieces[i], 4 * 1024 * 1024 / strlen(pieces[i]));
        assert_false(gv_yaml_parse(*state, "bomb", bomb, NULL, &documents, &err));
        assert_true(err.code == GV_ERROR_LIMIT || err.code == GV_ERROR_SYNTAX);
    }
}

static void stays_linear_on_one_long_line(void **state)
{
    struct gv_slice text = repeat(*state, "\xC3\xA9,", 400000);
    char *bytes = (char *)text.ptr;
    bytes[0] = '[';
    bytes[1] = '1';
    bytes[text.len - 1] = ']';
    struct gv_yaml_documents documents;
    assert_true(gv_yaml_parse(*state, "a", text, NULL, &documents, NULL));
    assert_int_equal(documents.items[0]->as.sequence.count, 400000);
    assert_int_equal(documents.items[0]->as.sequence.items[399999]->column, 399999 * 3 + 1);
}

static void finds_a_duplicate_among_many_keys(void **state)
{
    struct gv_slice text = repeat(*state, "k00000: 1\n", 50000);
    for (size_t i = 0; i < 50000; i++) {
        char *line = (char *)text.ptr + i * 10;
        for (size_t digit = 0, rest = i; digit < 5; digit++, rest /= 10) {
            line[5 - digit] = (char)('0' + rest % 10);
        }
    }
    struct gv_yaml_documents documents;
    struct gv_error err = GV_ERROR_INIT;
    assert_true(gv_yaml_parse(*state, "a", text, NULL, &documents, &err));
    memcpy((char *)text.ptr + 499990, "k00007", 6);
    assert_false(gv_yaml_parse(*state, "a", text, NULL, &documents, &err));
    assert_int_equal(err.code, GV_ERROR_DUPLICATE_KEY);
    assert_int_equal(err.line, 50000);
    assert_non_null(strstr(err.message, "line 8"));
}

static void reports_a_full_arena(void **state)
{
    (void)state;
    struct gv_arena *small = gv_arena_new(200);
    struct gv_yaml_documents documents;
    struct gv_error err = GV_ERROR_INIT;
    assert_false(gv_yaml_parse(small, "a", GV_SLICE("[1, 2, 3, 4, 5]"), NULL, &documents, &err));
    assert_int_equal(err.code, GV_ERROR_MEMORY);
    gv_arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
        TEST(types_plain_scalars_by_the_core_schema),
        TEST(gives_scalars_their_values),
        TEST(knows_the_place_of_every_node_in_bytes),
        TEST(takes_plain_keys_as_their_text),
        TEST(reads_several_documents),
        TEST(refuses_with_place_and_way_out),
        TEST(keeps_its_limits),
        TEST(stops_at_the_depth_limit_of_every_style),
        TEST(stays_linear_on_one_long_line),
        TEST(finds_a_duplicate_among_many_keys),
        TEST(reports_a_full_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

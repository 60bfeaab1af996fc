/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/fields.h"
#include "sidecar/api/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text, struct gv_error *err)
{
    *err = GV_ERROR_INIT;
    return gv_api_parse(gv_slice_from(text), err);
}

static void takes_an_object(void **state)
{
    struct gv_error err;
    (void)state;
    json_t *body = parse(" {\"a\": 1, \"b\": {\"c\": [true, null, \"\xc3\xa9\"]}}\n", &err);
    assert_non_null(body);
    assert_int_equal(json_integer_value(json_object_get(body, "a")), 1);
    json_decref(body);
}

static void refuses_what_is_no_strict_json_object(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "empty"},
        {"null", "must be a JSON object"},
        {"[]", "must be a JSON object"},
        {"\"a\"", "must be a JSON object"},
        {"{", "not valid JSON"},
        {"{} {}", "not valid JSON"},
        {"{}x", "not valid JSON"},
        {"{\"a\":1,\"a\":1}", "duplicate object key"},
        {"{\"a\":1,\"\\u0061\":1}", "duplicate object key"},
        {"{'a':1}", "not valid JSON"},
        {"{\"a\":NaN}", "not valid JSON"},
        {"{\"a\":01}", "not valid JSON"},
        {"{\"a\":1,}", "not valid JSON"},
        {"{\"a\":1e999}", "not valid JSON"},
        {"{\"a\":\"\xff\"}", "not valid JSON"},
        {"{\"a\":\"\xc0\xaf\"}", "not valid JSON"},
        {"{\"a\":\"\\ud800\"}", "not valid JSON"},
        {"\xef\xbb\xbf{}", "not valid JSON"},
        {"{\"a\":\"x\\u0000y\"}", "NUL character"},
        {"{\"a\":\"x\ny\"}", "not valid JSON"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_error err;
        json_t *body = parse(cases[i].text, &err);
        if (body || !strstr(err.message, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.message);
    }
}

static void refuses_a_nul_byte_in_the_text(void **state)
{
    struct gv_error err = GV_ERROR_INIT;
    (void)state;
    assert_null(gv_api_parse(GV_SLICE("{\"a\":1}\0"), &err));
    assert_null(gv_api_parse(GV_SLICE("{\"a\":\"\0\"}"), &err));
}

/* An object with `depth` levels in all. */
static char *nested(unsigned depth)
{
    char *text = calloc(1, (size_t)depth * 8 + 8);
    strcpy(text, "{\"a\":");
    for (unsigned i = 1; i < depth; i++)
        strcat(text, i % 2 ? "[" : "{\"b\":");
    strcat(text, "1");
    for (unsigned i = depth - 1; i >= 1; i--)
        strcat(text, i % 2 ? "]" : "}");
    return strcat(text, "}");
}

static void bounds_the_depth(void **state)
{
    static const struct {
        unsigned depth;
        bool taken;
    } cases[] = {{GV_API_DEPTH - 1, true},
                 {GV_API_DEPTH, true},
                 {GV_API_DEPTH + 1, false},
                 {2000, false},
                 {3000, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_error err;
        char *text = nested(cases[i].depth);
        json_t *body = parse(text, &err);
        if ((body != NULL) != cases[i].taken)
            fail_msg("depth %u: %s", cases[i].depth, err.message);
        json_decref(body);
        free(text);
    }
}

/* --- members --- */

typedef bool reader(struct gv_fields *fields);

static bool needed_text(struct gv_fields *fields)
{
    return gv_fields_text(fields, "m", GV_REQUIRED, 4) != NULL;
}

static bool optional_text(struct gv_fields *fields)
{
    return gv_fields_text(fields, "m", GV_OPTIONAL, 4) != NULL;
}

static bool needed_name(struct gv_fields *fields)
{
    return gv_fields_name(fields, "m", GV_REQUIRED, 4) != NULL;
}

static bool optional_name(struct gv_fields *fields)
{
    return gv_fields_name(fields, "m", GV_OPTIONAL, 4) != NULL;
}

static bool version(struct gv_fields *fields)
{
    return gv_fields_version(fields, "m") > 0;
}

static bool number(struct gv_fields *fields)
{
    return gv_fields_number(fields, "m") != NULL;
}

static bool object(struct gv_fields *fields)
{
    return gv_fields_object(fields, "m") != NULL;
}

/* `says` NULL: no error; then `found` tells whether a value was read. */
static const struct {
    reader *read;
    const char *body;
    bool found;
    const char *says;
} members[] = {
    {needed_text, "{\"m\":\"abcd\"}", true, NULL},
    {needed_text, "{\"m\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}", true, NULL},
    {needed_text, "{\"m\":\"abcde\"}", false, "m must have at most 4 characters"},
    {needed_text, "{\"m\":\"\"}", false, "m must not be empty"},
    {needed_text, "{\"m\":null}", false, "m is missing"},
    {needed_text, "{}", false, "m is missing"},
    {needed_text, "{\"m\":1}", false, "m must be a string"},
    {needed_text, "{\"m\":\"a\\nb\"}", true, NULL},
    {optional_text, "{\"m\":\"\"}", true, NULL},
    {optional_text, "{\"m\":null}", false, NULL},
    {optional_text, "{}", false, NULL},
    {optional_text, "{\"m\":[]}", false, "m must be a string"},
    {needed_name, "{\"m\":\"a b\"}", true, NULL},
    {needed_name, "{\"m\":\"a\\nb\"}", false, "m must not have control characters"},
    {needed_name, "{\"m\":\"a\\u007f\"}", false, "m must not have control characters"},
    {optional_name, "{\"m\":\"\"}", false, "m must not be empty"},
    {optional_name, "{}", false, NULL},
    {version, "{\"m\":1}", true, NULL},
    {version, "{\"m\":\"12\"}", true, NULL},
    {version, "{\"m\":2147483647}", true, NULL},
    {version, "{\"m\":2147483648}", false, "m must be from 1 to 2147483647"},
    {version, "{\"m\":\"2147483648\"}", false, "m must be from 1 to 2147483647"},
    {version, "{\"m\":\"99999999999\"}", false, "m must be a whole number"},
    {version, "{\"m\":0}", false, "m must be from 1 to 2147483647"},
    {version, "{\"m\":-1}", false, "m must be from 1 to 2147483647"},
    {version, "{\"m\":1.5}", false, "m must be a whole number"},
    {version, "{\"m\":\"v1\"}", false, "m must be a whole number"},
    {version, "{\"m\":\"+1\"}", false, "m must be a whole number"},
    {version, "{\"m\":\" 1\"}", false, "m must be a whole number"},
    {version, "{\"m\":\"\"}", false, "m must be a whole number"},
    {version, "{\"m\":true}", false, "m must be a whole number"},
    {version, "{}", false, "m is missing"},
    {number, "{\"m\":0.85}", true, NULL},
    {number, "{\"m\":1}", true, NULL},
    {number, "{}", false, NULL},
    {number, "{\"m\":\"0.85\"}", false, "m must be a number"},
    {object, "{\"m\":{}}", true, NULL},
    {object, "{\"m\":[]}", false, "m must be an object"},
    {object, "{}", false, NULL},
};

static void reads_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct gv_error err;
        json_t *body = parse(members[i].body, &err);
        struct gv_fields fields = {.object = body, .err = &err};
        bool found = members[i].read(&fields);
        if (found != members[i].found || fields.failed != (members[i].says != NULL) ||
            (members[i].says && strcmp(err.message, members[i].says) != 0))
            fail_msg("%s: %s", members[i].body, err.message);
        json_decref(body);
    }
}

static void keeps_the_first_error(void **state)
{
    struct gv_error err;
    (void)state;
    json_t *body = parse("{\"b\": 1}", &err);
    struct gv_fields fields = {.object = body, .err = &err};
    gv_fields_text(&fields, "a", GV_REQUIRED, 4);
    assert_null(gv_fields_number(&fields, "b"));
    assert_null(gv_fields_text(&fields, "c", GV_REQUIRED, 4));
    assert_string_equal(err.message, "a is missing");
    assert_int_equal(err.code, GV_ERROR_MISSING_KEY);
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_an_object),
        cmocka_unit_test(refuses_what_is_no_strict_json_object),
        cmocka_unit_test(refuses_a_nul_byte_in_the_text),
        cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(reads_members),
        cmocka_unit_test(keeps_the_first_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

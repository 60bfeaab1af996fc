/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/authorization.h"
#include "test/unit/sidecar/identity/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char scratch[GV_AUTHORIZATION_SCRATCH];

static void takes_the_token_of_bearer(void **state)
{
    (void)state;
    static const char *const values[] = {"Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c",
                                         "bEaReR a.b.c"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct gv_slice token = {0};
        assert_int_equal(gv_authorization_token(gv_slice_from(values[i]), scratch, &token),
                         GV_REASON_NONE);
        assert_true(gv_slice_is(token, "a.b.c"));
    }
}

static enum gv_reason reason_of(struct gv_slice value)
{
    struct gv_slice token = {0};
    return gv_authorization_token(value, scratch, &token);
}

static void tells_absent_from_empty(void **state)
{
    (void)state;
    assert_int_equal(reason_of((struct gv_slice){0}), GV_REASON_ABSENT);
    assert_int_equal(reason_of(GV_SLICE("")), GV_REASON_SCHEME);
}

static void refuses_other_schemes_and_spaces(void **state)
{
    (void)state;
    static const char *const values[] = {
        "Bearer",          "Bearer ",        " Bearer a.b.c",       "Bearer  a.b.c",
        "Bearer a.b.c ",   "Bearer\ta.b.c",  "Bearer Bearer a.b.c", "Bearer a.b.c Bearer a.b.c",
        "Bearera.b.c",     "a.b.c",          "DPoP a.b.c",          "Token a.b.c",
        "Basic",           "Basic ",         "Basic  OmEuYi5j",     "Basic OmEuYi5j OmEuYi5j",
        "Bearer, a.b.c x", "Negotiate YII=",
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (reason_of(gv_slice_from(values[i])) != GV_REASON_SCHEME)
            fail_msg("\"%s\"", values[i]);
}

static void takes_the_password_of_basic(void **state)
{
    (void)state;
    static const struct {
        const char *credentials;
        const char *token;
    } cases[] = {
        {"user:a.b.c", "a.b.c"},
        {":a.b.c", "a.b.c"},
        {"J\xc3\xb6rg:a.b.c", "a.b.c"},
        {"u:a:b", "a:b"},
        {"admin:password1234", "password1234"},
        {"user:", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_slice token = {0};
        char *encoded = base64(cases[i].credentials);
        char *value = format("%s %s", i % 2 ? "Basic" : "basic", encoded);
        assert_int_equal(gv_authorization_token(gv_slice_from(value), scratch, &token),
                         GV_REASON_NONE);
        assert_true(gv_slice_is(token, cases[i].token));
        free(value);
        free(encoded);
    }
}

static void refuses_malformed_basic(void **state)
{
    (void)state;
    static const char *const values[] = {
        "Basic dXNlcg==",       /* no colon */
        "Basic OmEuYi5",        /* cut */
        "Basic OmEuYi5j=",      /* padded twice over */
        "Basic dTphLmIuYw",     /* without padding */
        "Basic dTphLmIuYx==",   /* lost bits */
        "Basic dTphLmIuYw==\n", /* white space */
        "Basic dTphLmIu-_==",   /* the other alphabet */
        "Basic user:a.b.c",
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (reason_of(gv_slice_from(values[i])) != GV_REASON_BASIC)
            fail_msg("\"%s\"", values[i]);
}

static enum gv_reason basic_of_size(size_t size)
{
    char *credentials = format("u:%0*d", (int)size - 2, 0);
    char *encoded = base64(credentials);
    char *value = format("Basic %s", encoded);
    enum gv_reason reason = reason_of(gv_slice_from(value));
    free(credentials);
    free(encoded);
    free(value);
    return reason;
}

static void limits_basic_credentials(void **state)
{
    (void)state;
    assert_int_equal(basic_of_size(GV_AUTHORIZATION_SCRATCH - 1), GV_REASON_NONE);
    assert_int_equal(basic_of_size(GV_AUTHORIZATION_SCRATCH), GV_REASON_NONE);
    assert_int_not_equal(basic_of_size(GV_AUTHORIZATION_SCRATCH + 1), GV_REASON_NONE);
    assert_int_equal(basic_of_size(GV_AUTHORIZATION_SCRATCH + 300), GV_REASON_SIZE);
}

/* README.md is where operators look the words up. */
static void documents_every_reason(void **state)
{
    (void)state;
    char readme[16384] = "";
    FILE *file = fopen(GV_SOURCE_DIR "/sidecar/identity/README.md", "r");
    assert_non_null(file);
    assert_true(fread(readme, 1, sizeof(readme) - 1, file) < sizeof(readme) - 1);
    fclose(file);
    for (int reason = GV_REASON_NONE + 1; reason < GV_REASON_COUNT; reason++) {
        char *row = format("| `%s` | ", gv_reason_word((enum gv_reason)reason));
        if (!strstr(readme, row))
            fail_msg("README.md does not explain \"%s\"", row);
        free(row);
    }
}

static void tells_callers_nothing_but_what_to_do(void **state)
{
    (void)state;
    assert_int_equal(gv_reason_result(GV_REASON_NONE), GV_IDENTITY_OK);
    assert_int_equal(gv_reason_result(GV_REASON_ABSENT), GV_IDENTITY_ABSENT);
    assert_int_equal(gv_reason_result(GV_REASON_EXPIRED), GV_IDENTITY_REFUSED);
    assert_int_equal(gv_reason_result(GV_REASON_KEYS_UNAVAILABLE), GV_IDENTITY_UNAVAILABLE);
    assert_non_null(strstr(gv_identity_refusal(GV_IDENTITY_ABSENT), "Bearer"));
    assert_non_null(strstr(gv_identity_refusal(GV_IDENTITY_REFUSED), "not acceptable"));
    assert_non_null(strstr(gv_identity_refusal(GV_IDENTITY_UNAVAILABLE), "try again"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_token_of_bearer),
        cmocka_unit_test(tells_absent_from_empty),
        cmocka_unit_test(refuses_other_schemes_and_spaces),
        cmocka_unit_test(takes_the_password_of_basic),
        cmocka_unit_test(refuses_malformed_basic),
        cmocka_unit_test(limits_basic_credentials),
        cmocka_unit_test(documents_every_reason),
        cmocka_unit_test(tells_callers_nothing_but_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

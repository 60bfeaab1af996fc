/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/limits.h"
#include "sidecar/identity/principal.h"
#include "test/unit/sidecar/identity/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW ((gv_time)1800000000 * GV_SECOND)
#define ISS "\"iss\":\"" GOOD_ISSUER "\""
#define AUD ",\"aud\":\"gavel\""
#define EXP ",\"exp\":1800000600"
#define TYP ",\"typ\":\"Bearer\""
#define SUB ",\"sub\":\"ds-001\""

static const char *const audiences[] = {"gavel", "https://gavel.test/api"};
static const char *const clients[] = {"mlflow-ui"};

static const struct gv_claims_rules by_audience = {
    .issuer = GOOD_ISSUER,
    .audiences = audiences,
    .audience_count = 2,
    .leeway = GV_IDENTITY_LEEWAY,
};
static const struct gv_claims_rules by_client = {
    .issuer = GOOD_ISSUER,
    .clients = clients,
    .client_count = 1,
    .leeway = GV_IDENTITY_LEEWAY,
};

static const struct gv_principal *make(const struct gv_claims_rules *rules, const char *claims,
                                       bool is_access_type, enum gv_reason *ret_reason)
{
    char *payload = base64url(claims, strlen(claims));
    struct gv_token token = {.payload = gv_slice_from(payload), .is_access_type = is_access_type};
    const struct gv_principal *principal = gv_principal_new(&token, rules, NOW, ret_reason);
    free(payload);
    return principal;
}

static enum gv_reason judge(const struct gv_claims_rules *rules, const char *claims,
                            bool is_access_type)
{
    enum gv_reason reason = GV_REASON_NONE;
    const struct gv_principal *principal = make(rules, claims, is_access_type, &reason);
    assert_true((principal != NULL) == (reason == GV_REASON_NONE));
    gv_principal_unref(principal);
    return reason;
}

struct claims_case {
    const char *claims;
    enum gv_reason reason;
};

static void judge_all(const struct gv_claims_rules *rules, const struct claims_case *cases,
                      size_t count, bool is_access_type)
{
    for (size_t i = 0; i < count; i++) {
        enum gv_reason reason = judge(rules, cases[i].claims, is_access_type);
        if (reason != cases[i].reason)
            fail_msg("%s: %s instead of %s", cases[i].claims, gv_reason_word(reason),
                     gv_reason_word(cases[i].reason));
    }
}

#define JUDGE_ALL(rules, cases, access) \
    judge_all((rules), (cases), sizeof(cases) / sizeof((cases)[0]), (access))

static void demands_strict_json(void **state)
{
    (void)state;
    static const struct claims_case cases[] = {
        {"{" ISS AUD EXP TYP SUB "}", GV_REASON_NONE},
        {"", GV_REASON_PAYLOAD},
        {"null", GV_REASON_PAYLOAD},
        {"[]", GV_REASON_PAYLOAD},
        {"{" ISS AUD EXP TYP SUB "} ", GV_REASON_NONE},
        {"{" ISS AUD EXP TYP SUB "}{}", GV_REASON_PAYLOAD},
        {"{" ISS AUD EXP TYP SUB ",\"sub\":\"admin\"}", GV_REASON_PAYLOAD},
        {"{" ISS AUD EXP TYP SUB ",\"\\u0073ub\":\"admin\"}", GV_REASON_PAYLOAD},
        {"{" ISS AUD EXP TYP SUB ",\"x\":\"\xff\"}", GV_REASON_PAYLOAD},
        {"{" ISS AUD EXP TYP SUB ",\"x\":\"\\ud800\"}", GV_REASON_PAYLOAD},
        {"{" ISS AUD EXP TYP SUB ",\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", GV_REASON_PAYLOAD},
        {"{" ISS AUD EXP TYP SUB ",\"x\":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}", GV_REASON_NONE},
    };
    JUDGE_ALL(&by_audience, cases, false);
}

static void compares_the_issuer_byte_by_byte(void **state)
{
    (void)state;
    static const struct claims_case cases[] = {
        {"{\"iss\":\"https:\\/\\/id.test/realms/\\u006fne\"" AUD EXP TYP SUB "}", GV_REASON_NONE},
        {"{\"iss\":\"https://id.test/realms/one/\"" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
        {"{\"iss\":\"https://id.test/realms/One\"" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
        {"{\"iss\":\"https://ID.test/realms/one\"" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
        {"{\"iss\":\"https://id.test/realms/two\"" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
        {"{\"iss\":\"https://id.test/realms/on\"" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
        {"{\"iss\":\"https://id.test/realms/one\\u0000\"" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
        {"{\"iss\":[\"https://id.test/realms/one\"]" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
        {"{\"iss\":null" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
        {"{\"x\":1" AUD EXP TYP SUB "}", GV_REASON_ISSUER},
    };
    JUDGE_ALL(&by_audience, cases, false);
}

static void demands_a_time_of_expiry(void **state)
{
    (void)state;
    static const struct claims_case cases[] = {
        {"{" ISS AUD TYP SUB "}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":\"1800000600\"}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":null}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":true}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":[1800000600]}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":1e400}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":-1e400}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":1e300}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":NaN}", GV_REASON_PAYLOAD},
        {"{" ISS AUD TYP SUB ",\"exp\":Infinity}", GV_REASON_PAYLOAD},
        {"{" ISS AUD TYP SUB ",\"exp\":253402300799}", GV_REASON_NONE},
        {"{" ISS AUD TYP SUB ",\"exp\":253402300800}", GV_REASON_TIME},
        {"{" ISS AUD TYP SUB ",\"exp\":-1}", GV_REASON_EXPIRED},
        {"{" ISS AUD TYP SUB ",\"exp\":0}", GV_REASON_EXPIRED},
        {"{" ISS AUD TYP SUB ",\"exp\":1.8000006e9}", GV_REASON_NONE},
        /* The leeway is 30 s. */
        {"{" ISS AUD TYP SUB ",\"exp\":1799999971}", GV_REASON_NONE},
        {"{" ISS AUD TYP SUB ",\"exp\":1799999970.5}", GV_REASON_NONE},
        {"{" ISS AUD TYP SUB ",\"exp\":1799999970}", GV_REASON_EXPIRED},
        {"{" ISS AUD TYP SUB ",\"exp\":1799999969}", GV_REASON_EXPIRED},
    };
    JUDGE_ALL(&by_audience, cases, false);
}

static void refuses_tokens_of_the_future(void **state)
{
    (void)state;
    static const struct claims_case cases[] = {
        {"{" ISS AUD EXP TYP SUB ",\"nbf\":1800000030,\"iat\":1800000030}", GV_REASON_NONE},
        {"{" ISS AUD EXP TYP SUB ",\"nbf\":1800000031}", GV_REASON_NOT_YET},
        {"{" ISS AUD EXP TYP SUB ",\"iat\":1800000031}", GV_REASON_NOT_YET},
        {"{" ISS AUD EXP TYP SUB ",\"nbf\":0,\"iat\":-5}", GV_REASON_NONE},
        {"{" ISS AUD EXP TYP SUB ",\"nbf\":\"0\"}", GV_REASON_TIME},
        {"{" ISS AUD EXP TYP SUB ",\"iat\":null}", GV_REASON_TIME},
        {"{" ISS AUD EXP TYP SUB ",\"iat\":1e400}", GV_REASON_TIME},
    };
    JUDGE_ALL(&by_audience, cases, false);
}

static void demands_our_audience(void **state)
{
    (void)state;
    static const struct claims_case cases[] = {
        {"{" ISS EXP TYP SUB ",\"aud\":\"https://gavel.test/api\"}", GV_REASON_NONE},
        {"{" ISS EXP TYP SUB ",\"aud\":[\"account\",\"gavel\"]}", GV_REASON_NONE},
        {"{" ISS EXP TYP SUB "}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":null}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":[]}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":\"account\"}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":\"gavel-two\"}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":\"gave\"}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":\"Gavel\"}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":\"account gavel\"}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":\"\"}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":{\"gavel\":true}}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":[[\"gavel\"]]}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"aud\":[\"gavel\",1]}", GV_REASON_AUDIENCE},
        {"{" ISS EXP TYP SUB ",\"azp\":\"gavel\"}", GV_REASON_AUDIENCE},
    };
    JUDGE_ALL(&by_audience, cases, false);
}

static void or_one_of_our_clients(void **state)
{
    (void)state;
    static const struct claims_case cases[] = {
        {"{" ISS EXP TYP SUB ",\"azp\":\"mlflow-ui\"}", GV_REASON_NONE},
        {"{" ISS EXP TYP SUB ",\"azp\":\"mlflow-ui\",\"aud\":\"account\"}", GV_REASON_NONE},
        {"{" ISS EXP TYP SUB ",\"azp\":\"other\"}", GV_REASON_CLIENT},
        {"{" ISS EXP TYP SUB ",\"azp\":\"\"}", GV_REASON_CLIENT},
        {"{" ISS EXP TYP SUB ",\"azp\":[\"mlflow-ui\"]}", GV_REASON_CLIENT},
        {"{" ISS EXP TYP SUB ",\"aud\":\"mlflow-ui\"}", GV_REASON_CLIENT},
        {"{" ISS EXP TYP SUB "}", GV_REASON_CLIENT},
    };
    JUDGE_ALL(&by_client, cases, false);

    struct gv_claims_rules both = by_audience;
    both.clients = clients;
    both.client_count = 1;
    static const struct claims_case strict[] = {
        {"{" ISS AUD EXP TYP SUB ",\"azp\":\"mlflow-ui\"}", GV_REASON_NONE},
        {"{" ISS AUD EXP TYP SUB ",\"azp\":\"other\"}", GV_REASON_CLIENT},
        {"{" ISS EXP TYP SUB ",\"azp\":\"mlflow-ui\"}", GV_REASON_AUDIENCE},
    };
    JUDGE_ALL(&both, strict, false);

    struct gv_claims_rules neither = {.issuer = GOOD_ISSUER, .leeway = GV_IDENTITY_LEEWAY};
    assert_int_equal(judge(&neither, "{" ISS AUD EXP TYP SUB "}", false), GV_REASON_AUDIENCE);
}

static void takes_access_tokens_only(void **state)
{
    (void)state;
    static const struct claims_case keycloak[] = {
        {"{" ISS AUD EXP SUB ",\"typ\":\"bearer\"}", GV_REASON_NONE},
        {"{" ISS AUD EXP SUB ",\"typ\":\"ID\"}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB ",\"typ\":\"Refresh\"}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB ",\"typ\":\"Offline\"}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB ",\"typ\":\"Logout\"}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB ",\"typ\":\"Serialized-ID\"}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB ",\"typ\":\"DPoP\"}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB ",\"typ\":[\"Bearer\"]}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB ",\"typ\":null}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB "}", GV_REASON_CLASS},
        {"{" ISS AUD EXP TYP SUB ",\"cnf\":{\"jkt\":\"a\"}}", GV_REASON_BOUND},
        {"{" ISS AUD EXP TYP SUB ",\"cnf\":{\"x5t#S256\":\"a\"}}", GV_REASON_BOUND},
    };
    JUDGE_ALL(&by_audience, keycloak, false);
    static const struct claims_case rfc9068[] = {
        {"{" ISS AUD EXP SUB "}", GV_REASON_NONE},
        {"{" ISS AUD EXP TYP SUB "}", GV_REASON_NONE},
        {"{" ISS AUD EXP SUB ",\"typ\":\"ID\"}", GV_REASON_CLASS},
        {"{" ISS AUD EXP SUB ",\"cnf\":{\"jkt\":\"a\"}}", GV_REASON_BOUND},
    };
    JUDGE_ALL(&by_audience, rfc9068, true);
}

static void demands_a_subject_that_can_be_shown(void **state)
{
    (void)state;
    static const struct claims_case cases[] = {
        {"{" ISS AUD EXP TYP ",\"sub\":\"J\xc3\xb6rg | \xe6\xbc\xa2\"}", GV_REASON_NONE},
        {"{" ISS AUD EXP TYP "}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":\"\"}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":null}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":1}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":[\"a\"]}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":\"a\\u0000b\"}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":\"a\\nb\"}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":\"a\\u007f\"}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":\"a\\u0085\"}", GV_REASON_SUBJECT},
        {"{" ISS AUD EXP TYP ",\"sub\":\"a\\u00a0\"}", GV_REASON_NONE},
        {"{" ISS AUD EXP TYP ",\"SUB\":\"a\"}", GV_REASON_SUBJECT},
    };
    JUDGE_ALL(&by_audience, cases, false);
    for (int size = GV_TOKEN_MOST_NAME_BYTES - 1; size <= GV_TOKEN_MOST_NAME_BYTES + 1; size++) {
        char *claims = format("{" ISS AUD EXP TYP ",\"sub\":\"%0*d\"}", size, 0);
        assert_int_equal(judge(&by_audience, claims, false),
                         size <= GV_TOKEN_MOST_NAME_BYTES ? GV_REASON_NONE : GV_REASON_SUBJECT);
        free(claims);
    }
}

static void makes_a_principal_of_the_claims(void **state)
{
    (void)state;
    enum gv_reason reason = GV_REASON_NONE;
    const struct gv_principal *principal =
        make(&by_audience,
             "{" ISS AUD EXP TYP SUB ",\"preferred_username\":\"Ada\",\"email\":\"a@b.test\","
             "\"realm_access\":{\"roles\":[\"data_scientist\"]}}",
             false, &reason);
    assert_non_null(principal);
    assert_string_equal(principal->issuer, GOOD_ISSUER);
    assert_string_equal(principal->subject, "ds-001");
    assert_string_equal(principal->person, GOOD_ISSUER "|ds-001");
    assert_string_equal(principal->name, "Ada");
    assert_int_equal(principal->expires, (gv_time)1800000600 * GV_SECOND);
    const struct gv_json *access = gv_json_get(principal->claims, "realm_access");
    const struct gv_json *roles = gv_json_get(access, "roles");
    assert_int_equal(roles->as.array.count, 1);
    assert_true(gv_slice_is(roles->as.array.items[0]->as.string, "data_scientist"));
    gv_principal_unref(gv_principal_ref(principal));
    assert_string_equal(principal->name, "Ada");
    gv_principal_unref(principal);
    gv_principal_unref(NULL);
}

static void shows_the_subject_when_the_name_is_no_name(void **state)
{
    (void)state;
    static const char *const names[] = {"7", "\"\"", "\"a\\nb\"", "[\"a\"]", "null"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum gv_reason reason = GV_REASON_NONE;
        char *claims = format("{" ISS AUD EXP TYP SUB ",\"preferred_username\":%s}", names[i]);
        const struct gv_principal *principal = make(&by_audience, claims, false, &reason);
        assert_string_equal(principal->name, "ds-001");
        gv_principal_unref(principal);
        free(claims);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(demands_strict_json),
        cmocka_unit_test(compares_the_issuer_byte_by_byte),
        cmocka_unit_test(demands_a_time_of_expiry),
        cmocka_unit_test(refuses_tokens_of_the_future),
        cmocka_unit_test(demands_our_audience),
        cmocka_unit_test(or_one_of_our_clients),
        cmocka_unit_test(takes_access_tokens_only),
        cmocka_unit_test(demands_a_subject_that_can_be_shown),
        cmocka_unit_test(makes_a_principal_of_the_claims),
        cmocka_unit_test(shows_the_subject_when_the_name_is_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include "sidecar/audit/limits.h"
#include "sidecar/audit/line.h"
#include <stdlib.h>
#include <string.h>

static const struct gv_audit_link link_one = {.writer = "prod/gavel/0",
                                              .epoch = 3,
                                              .seq = 42,
                                              .prev = GV_AUDIT_GENESIS,
                                              .at = INT64_C(1770544800000000),
                                              .policy = "sha256:ab"};

static struct gv_audit_event sample(void)
{
    return (struct gv_audit_event){.event_type = "MODEL_PROMOTION_REQUESTED",
                                   .actor = "https://idp/realms/x|ds-001",
                                   .resource = "model/customer-churn/v1",
                                   .action = "promote:staging->production",
                                   .decision_id = "dec-001",
                                   .outcome = "PENDING_APPROVAL"};
}

static void is_the_documented_line(void **state)
{
    struct gv_text line = GV_TEXT_INIT;
    const struct gv_audit_field fields[] = {{.key = "text", .string = "a\"b"},
                                            {.key = "json", .json = "[1,2]"},
                                            {.key = "number", .integer = -7}};
    struct gv_audit_event event = sample();
    (void)state;
    event.fields = fields;
    event.field_count = 3;

    assert_true(gv_audit_line(&line, &link_one, &event, NULL));

    assert_string_equal(
        gv_text_cstr(&line),
        "{\"v\":1,\"w\":\"prod/gavel/0\",\"e\":3,\"seq\":42,\"prev\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\","
        "\"event_type\":\"MODEL_PROMOTION_REQUESTED\","
        "\"timestamp\":\"2026-02-08T10:00:00.000000Z\",\"actor\":\"ds-001\","
        "\"resource\":\"model/customer-churn/v1\",\"action\":\"promote:staging->production\","
        "\"decision_id\":\"dec-001\",\"outcome\":\"PENDING_APPROVAL\","
        "\"actor_issuer\":\"https://idp/realms/x\",\"workspace\":\"default\","
        "\"policy_digest\":\"sha256:ab\",\"text\":\"a\\\"b\",\"json\":[1,2],\"number\":-7}");
    gv_text_free(&line);
}

static void hashes_a_leaf_as_rfc_6962_does(void **state)
{
    char hash[GV_SHA256_HEX_SIZE];
    (void)state;

    gv_audit_hash(GV_SLICE(""), hash);
    assert_string_equal(hash, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

static void splits_an_actor_at_the_first_bar(void **state)
{
    static const struct {
        const char *actor, *issuer, *subject;
    } cases[] = {
        {"https://idp|ds-001", "https://idp", "ds-001"},
        {"https://idp|auth0|5f7c", "https://idp", "auth0|5f7c"},
        {"gavel", "", "gavel"},
        {NULL, "", "anonymous"},
        {"|x", "", "x"},
        {"", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_slice issuer;
        struct gv_slice subject = gv_audit_subject(cases[i].actor, &issuer);
        assert_true(gv_slice_is(subject, cases[i].subject));
        assert_true(gv_slice_is(issuer, cases[i].issuer));
    }
}

static void does_not_let_a_value_forge_a_field(void **state)
{
    struct gv_text line = GV_TEXT_INIT;
    struct gv_audit_event event = sample();
    (void)state;
    event.resource = "x\",\"outcome\":\"APPROVED\n\xFF";

    assert_true(gv_audit_line(&line, &link_one, &event, NULL));

    assert_non_null(
        strstr(gv_text_cstr(&line), "x\\\",\\\"outcome\\\":\\\"APPROVED\\n\xEF\xBF\xBD\""));
    assert_null(strchr(gv_text_cstr(&line), '\n'));
    gv_text_free(&line);
}

static void has_a_largest_size(void **state)
{
    struct gv_text line = GV_TEXT_INIT;
    struct gv_audit_event event = sample();
    struct gv_error err;
    (void)state;
    assert_true(gv_audit_line(&line, &link_one, &event, NULL));
    size_t room = GV_AUDIT_LINE_MAX - line.len - sizeof(",\"f\":\"\"") + 1;
    char *text = malloc(room + 2);
    memset(text, 'x', room + 1);
    text[room + 1] = '\0';
    const struct gv_audit_field above = {.key = "f", .string = text};
    const struct gv_audit_field at = {.key = "f", .string = text + 1};
    event.field_count = 1;

    event.fields = &at;
    gv_text_clear(&line);
    assert_true(gv_audit_line(&line, &link_one, &event, &err));
    assert_int_equal(line.len, GV_AUDIT_LINE_MAX);
    event.fields = &above;
    gv_text_clear(&line);
    assert_false(gv_audit_line(&line, &link_one, &event, &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
    gv_text_free(&line);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_documented_line),
        cmocka_unit_test(hashes_a_leaf_as_rfc_6962_does),
        cmocka_unit_test(splits_an_actor_at_the_first_bar),
        cmocka_unit_test(does_not_let_a_value_forge_a_field),
        cmocka_unit_test(has_a_largest_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/limits.h"
#include "sidecar/telemetry/metrics.h"
#include "test/unit/sidecar/identity/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void reads_a_changed_file_within_a_second(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_file(&world, set_one);
    char *old = token_of(one, "one", "");
    char *new = token_of(two, "two", "");
    expect(&world, old, "");
    write_set(set_two);
    run(&world, NULL, 0, 1200 * GV_MILLISECOND);
    expect(&world, new, "");
    expect(&world, old, "unknown-key");
    write_set("broken");
    run(&world, NULL, 0, 1200 * GV_MILLISECOND);
    expect(&world, new, "");
    free(old);
    free(new);
    close_world(&world);
}

static void forgets_a_token_when_it_expires(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_file(&world, set_one);
    char *claims = format("{\"iss\":\"" GOOD_ISSUER "\",\"aud\":\"gavel\",\"sub\":\"a\","
                          "\"typ\":\"Bearer\",\"exp\":%ld}",
                          (long)time(NULL) - 28);
    char *token = sign_token(one, SIGN_ES256, "{\"alg\":\"ES256\"}", claims);
    expect(&world, token, "");
    expect(&world, token, "");
    run(&world, NULL, 0, 2200 * GV_MILLISECOND);
    expect(&world, token, "expired");
    free(token);
    free(claims);
    close_world(&world);
}

static void takes_the_token_as_a_password(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_file(&world, set_one);
    char *token = token_of(one, "one", "");
    char *credentials = format("anything:%s", token);
    char *encoded = base64(credentials);
    char *value = format("Basic %s", encoded);
    struct answer answer = {0};
    gv_verifier_check(world.verifier, gv_slice_from(value), answered, &answer);
    gv_verifier_check(world.verifier, gv_slice_from(value), answered, &answer);
    assert_int_equal(answer.ok, 2);
    gv_verifier_check(world.verifier, GV_SLICE("Basic YWRtaW46cGFzc3dvcmQxMjM0"), answered,
                      &answer);
    assert_string_equal(answer.reason, "format");
    free(value);
    free(encoded);
    free(credentials);
    free(token);
    close_world(&world);
}

static void counts_what_it_refuses(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_file(&world, set_one);
    double before = gv_metric_get(GV_METRIC_AUTH_FAILURES, "absent");
    struct answer answer = {0};
    gv_verifier_check(world.verifier, (struct gv_slice){0}, answered, &answer);
    assert_int_equal(answer.result, GV_IDENTITY_ABSENT);
    assert_string_equal(answer.reason, "absent");
    assert_true(gv_metric_get(GV_METRIC_AUTH_FAILURES, "absent") - before == 1);

    char *huge = format("Bearer %0*d", GV_TOKEN_MOST_BYTES + 1, 0);
    gv_verifier_check(world.verifier, gv_slice_from(huge), answered, &answer);
    assert_string_equal(answer.reason, "size");
    free(huge);
    close_world(&world);
}

/* Two issuers whose keys have the same kid; each speaks for itself only. */
static void binds_keys_to_their_issuer(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    char *same = jwks_of(two, ",\"kid\":\"one\"");
    write_set(same);
    world.origin.body = set_one;
    struct gv_issuer_options issuers[] = {
        {GOOD_ISSUER, audiences, 1, NULL, 0, NULL, world.url, NULL},
        {"https://id.test/realms/two", audiences, 1, NULL, 0, path, NULL, NULL},
    };
    begin(&world, &(struct gv_identity_options){.issuers = issuers, .issuer_count = 2});
    char *right = token_of(one, "one", "");
    char *wrong = token_of(two, "one", "");
    expect(&world, right, "");
    expect(&world, wrong, "issuer");
    free(right);
    free(wrong);
    free(same);
    close_world(&world);
}

static void takes_dev_tokens(void **state)
{
    (void)state;
    struct world world;
    char folder[] = "/tmp/gavel-verifier-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *key = format("%s/dev.pem", folder);
    open_world(&world);
    begin(&world, &(struct gv_identity_options){.dev_key_file = key});
    const struct gv_dev_token request = {.subject = "ds-001"};
    char *token = gv_dev_token_sign(key, &request, gv_clock_wall(), NULL);
    struct answer answer = check(&world, token);
    assert_string_equal(answer.person, GV_IDENTITY_DEV_ISSUER "|ds-001");
    /* Another key under the same name: noticed, and the old tokens die. */
    unlink(key);
    char *other = gv_dev_token_sign(key, &request, gv_clock_wall(), NULL);
    run(&world, NULL, 0, 1200 * GV_MILLISECOND);
    expect(&world, other, "");
    expect(&world, token, "unknown-key");
    unlink(key);
    rmdir(folder);
    free(token);
    free(other);
    free(key);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_changed_file_within_a_second),
        cmocka_unit_test(forgets_a_token_when_it_expires),
        cmocka_unit_test(takes_the_token_as_a_password),
        cmocka_unit_test(counts_what_it_refuses),
        cmocka_unit_test(binds_keys_to_their_issuer),
        cmocka_unit_test(takes_dev_tokens),
    };
    return cmocka_run_group_tests(tests, make_world_keys, free_world_keys);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/limits.h"
#include "test/unit/sidecar/identity/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void fetches_once_for_all_who_wait(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    struct answer answer = {0};
    char *token = token_of(one, "one", "");
    for (int i = 0; i < 50; i++)
        ask(&world, token, &answer);
    assert_int_equal(answer.count, 0);
    assert_true(run(&world, &answer.count, 50, 10 * GV_SECOND));
    assert_int_equal(answer.ok, 50);
    assert_string_equal(answer.person, GOOD_ISSUER "|ds-001");
    assert_int_equal(world.origin.hits, 1);
    char text[128];
    assert_null(gv_identity_trouble(world.identity, text, sizeof(text)));

    ask(&world, token, &answer); /* known now: answered at once */
    assert_int_equal(answer.ok, 51);
    free(token);
    close_world(&world);
}

static void fetches_at_start_without_being_asked(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    assert_true(run(&world, &world.origin.hits, 1, 10 * GV_SECOND));
    close_world(&world);
}

static void follows_a_rotation(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    char *old = token_of(one, "one", "");
    char *new = token_of(two, "two", "");
    expect(&world, old, "");
    world.origin.body = set_two;
    expect(&world, new, "unknown-key"); /* asked for a moment ago */
    assert_int_equal(world.origin.hits, 1);

    age(&world, GV_JWKS_COOLDOWN);
    expect(&world, new, "");
    assert_int_equal(world.origin.hits, 2);
    expect(&world, old, "unknown-key"); /* the cache forgot it with its key */
    free(old);
    free(new);
    close_world(&world);
}

static void refreshes_in_the_background(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    char *old = token_of(one, "one", "");
    char *new = token_of(two, "two", "");
    expect(&world, old, "");
    world.origin.body = set_two;
    age(&world, GV_JWKS_REFRESH);
    /* The first verifier's timer was set before the set aged; another loop's would find it so. */
    struct gv_verifier *beside = gv_verifier_new(world.identity, world.loop, world.client);
    assert_true(run(&world, &world.origin.hits, 2, 10 * GV_SECOND));
    run(&world, NULL, 0, 50 * GV_MILLISECOND);
    expect(&world, old, "unknown-key");
    expect(&world, new, "");
    assert_int_equal(world.origin.hits, 2);
    gv_verifier_free(beside);
    free(old);
    free(new);
    close_world(&world);
}

static void asks_once_for_ten_thousand_unknown_keys(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    char *good = token_of(one, "one", "");
    expect(&world, good, "");
    age(&world, GV_JWKS_COOLDOWN);
    struct answer answer = {0};
    for (unsigned i = 0; i < 10000; i++) {
        char *header = format("{\"alg\":\"ES256\",\"kid\":\"%u-%ld\"}", i, random());
        char *token = raw_token(header, "{}", header, 64 > strlen(header) ? strlen(header) : 64);
        ask(&world, token, &answer);
        free(token);
        free(header);
    }
    assert_true(run(&world, &answer.count, 10000, 20 * GV_SECOND));
    assert_int_equal(answer.ok, 0);
    assert_int_equal(answer.count, 10000);
    assert_int_equal(world.origin.hits, 2);
    expect(&world, good, "");
    free(good);
    close_world(&world);
}

static void limits_those_who_wait(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    struct answer answer = {0};
    char *token = token_of(one, "one", "");
    for (unsigned i = 0; i < GV_VERIFIER_MOST_WAITING; i++)
        ask(&world, token, &answer);
    assert_int_equal(answer.count, 0);
    ask(&world, token, &answer);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.result, GV_IDENTITY_UNAVAILABLE);
    assert_string_equal(answer.reason, "busy");
    assert_true(run(&world, &answer.count, GV_VERIFIER_MOST_WAITING + 1, 10 * GV_SECOND));
    assert_int_equal(answer.ok, GV_VERIFIER_MOST_WAITING);
    free(token);
    close_world(&world);
}

static void keeps_its_keys_whatever_the_issuer_answers(void **state)
{
    (void)state;
    struct world world;
    char *huge = format("%*s", (int)GV_JWKS_MOST_BYTES + 1, set_one);
    const struct {
        unsigned status;
        const char *body;
    } cases[] = {
        {500, set_two},         {404, ""},       {302, set_two}, {201, set_two}, {200, ""},
        {200, "{\"keys\":[]}"}, {200, "<html>"}, {200, huge},
    };
    open_world(&world);
    begin_with_url(&world);
    char *first = token_of(one, "one", "");
    char *unknown = token_of(two, "two", "");
    expect(&world, first, "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world.origin.status = cases[i].status;
        world.origin.body = cases[i].body;
        age(&world, GV_JWKS_COOLDOWN);
        expect(&world, unknown, "unknown-key");
        assert_int_equal(world.origin.hits, i + 2);
        char *members = format(",\"jti\":\"%zu\"", i);
        char *fresh = token_of(one, "one", members);
        expect(&world, fresh, "");
        free(fresh);
        free(members);
    }
    assert_int_equal(world.origin.canary, 0); /* no redirect was followed */
    free(first);
    free(unknown);
    free(huge);
    close_world(&world);
}

static void is_unavailable_while_there_are_no_keys(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.origin.status = 503;
    begin_with_url(&world);
    char *token = token_of(one, "one", "");
    struct answer answer = check(&world, token);
    char text[256];
    assert_int_equal(answer.result, GV_IDENTITY_UNAVAILABLE);
    assert_string_equal(answer.reason, "keys-unavailable");
    assert_non_null(gv_identity_trouble(world.identity, text, sizeof(text)));
    assert_non_null(strstr(text, "status 503"));
    free(token);
    close_world(&world);
}

static void does_not_wait_longer_than_five_seconds(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.origin.silent = true;
    begin_with_url(&world);
    char *token = token_of(one, "one", "");
    gv_time start = gv_clock_monotonic();
    struct answer answer = check(&world, token);
    gv_duration took = gv_clock_monotonic() - start;
    assert_int_equal(answer.result, GV_IDENTITY_UNAVAILABLE);
    assert_true(took > 4 * GV_SECOND && took < 8 * GV_SECOND);
    free(token);
    close_world(&world);
}

static void never_fetches_what_a_token_names(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    char *canary = format("http://127.0.0.1:%u/canary", gv_http_server_port(world.origin.server));
    char *jwk = jwk_of(two, "");
    char *headers[] = {
        format("{\"alg\":\"ES256\",\"jku\":\"%s\"}", canary),
        format("{\"alg\":\"ES256\",\"kid\":\"%s\"}", canary),
        format("{\"alg\":\"ES256\",\"x5u\":\"%s\"}", canary),
        format("{\"alg\":\"ES256\",\"jwk\":%s}", jwk),
    };
    for (size_t i = 0; i < 4; i++) {
        char *claims = good_claims("");
        char *token = sign_token(two, SIGN_ES256, headers[i], claims);
        struct answer answer = check(&world, token);
        assert_int_equal(answer.result, GV_IDENTITY_REFUSED);
        free(token);
        free(claims);
        free(headers[i]);
    }
    run(&world, NULL, 0, 50 * GV_MILLISECOND);
    assert_int_equal(world.origin.canary, 0);
    free(canary);
    free(jwk);
    close_world(&world);
}

static void forgets_who_does_not_wait_any_more(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    char *token = token_of(one, "one", "");
    struct answer gone = {0};
    struct answer stays = {0};
    ask(&world, token, &gone);
    ask(&world, token, &stays);
    ask(&world, token, &gone);
    gv_verifier_cancel(world.verifier, &gone);
    assert_true(run(&world, &stays.count, 1, 10 * GV_SECOND));
    assert_int_equal(gone.count, 0);
    free(token);
    close_world(&world);
}

static void ends_while_callers_wait(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.origin.silent = true;
    begin_with_url(&world);
    char *token = token_of(one, "one", "");
    struct answer answer = {0};
    ask(&world, token, &answer);
    assert_true(run(&world, &world.origin.hits, 1, 10 * GV_SECOND));
    world.verifier = gv_verifier_free(world.verifier);
    assert_int_equal(answer.count, 0);
    assert_false(gv_issuer_is_busy(&world.identity->issuers[0]));
    free(token);
    close_world(&world);
}

/* --- several loops --- */

struct neighbour {
    struct gv_identity *identity;
    const char *token;
    struct answer answer;
};

static void *check_beside(void *ctx)
{
    struct neighbour *neighbour = ctx;
    struct world world = {.loop = gv_loop_new(NULL)};
    world.client = gv_http_client_new(world.loop, 0, NULL);
    world.verifier = gv_verifier_new(neighbour->identity, world.loop, world.client);
    ask(&world, neighbour->token, &neighbour->answer);
    if (neighbour->answer.count == 0)
        run(&world, &neighbour->answer.count, 1, 10 * GV_SECOND);
    gv_verifier_free(world.verifier);
    gv_http_client_free(world.client);
    gv_loop_free(world.loop);
    return NULL;
}

static void fetches_once_for_all_loops(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    begin_with_url(&world);
    char *token = token_of(one, "one", "");
    struct neighbour neighbours[3];
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        neighbours[i] = (struct neighbour){.identity = world.identity, .token = token};
        assert_int_equal(pthread_create(&threads[i], NULL, check_beside, &neighbours[i]), 0);
    }
    /* The origin runs on this loop, so it must run while the others ask. */
    run(&world, NULL, 0, GV_SECOND);
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(neighbours[i].answer.ok, 1);
    }
    assert_int_equal(world.origin.hits, 1);
    free(token);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetches_once_for_all_who_wait),
        cmocka_unit_test(fetches_at_start_without_being_asked),
        cmocka_unit_test(follows_a_rotation),
        cmocka_unit_test(refreshes_in_the_background),
        cmocka_unit_test(asks_once_for_ten_thousand_unknown_keys),
        cmocka_unit_test(limits_those_who_wait),
        cmocka_unit_test(keeps_its_keys_whatever_the_issuer_answers),
        cmocka_unit_test(is_unavailable_while_there_are_no_keys),
        cmocka_unit_test(does_not_wait_longer_than_five_seconds),
        cmocka_unit_test(never_fetches_what_a_token_names),
        cmocka_unit_test(forgets_who_does_not_wait_any_more),
        cmocka_unit_test(ends_while_callers_wait),
        cmocka_unit_test(fetches_once_for_all_loops),
    };
    return cmocka_run_group_tests(tests, make_world_keys, free_world_keys);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/server.h"
#include "sidecar/identity/internal.h"
#include "sidecar/identity/limits.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"
#include "test/unit/sidecar/identity/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Keys of an issuer that rotates: one, then two. */
static EVP_PKEY *one;
static EVP_PKEY *two;
static char *set_one;
static char *set_two;

/* --- an issuer's web server --- */

struct origin {
    struct gv_http_server *server;
    unsigned hits;
    unsigned canary; /* requests for what a token's header names */
    unsigned status;
    const char *body;
    bool silent;
};

static void serve(void *ctx, struct gv_http_request *request)
{
    struct origin *origin = ctx;
    struct gv_http_header location = {"Location", "/canary"};
    if (gv_slice_is(gv_http_path(request), "/canary"))
        origin->canary++;
    else
        origin->hits++;
    if (!origin->silent)
        gv_http_respond(request, origin->status, &location, origin->status == 302,
                        gv_slice_from(origin->body));
}

static void render(struct gv_http_request *request, unsigned status, const char *message)
{
    gv_http_respond(request, status, NULL, 0, gv_slice_from(message));
}

/* --- the world of a test --- */

struct world {
    struct gv_loop *loop;
    struct gv_timer *timer;
    struct gv_http_client *client;
    struct origin origin;
    struct gv_identity *identity;
    struct gv_verifier *verifier;
    char url[64];
};

static const char *const audiences[] = {"gavel"};

static void start_origin(struct world *world)
{
    struct gv_http_server_options options = {.name = "origin",
                                             .address = "127.0.0.1:0",
                                             .limits = GV_HTTP_LIMITS_INIT,
                                             .handle = serve,
                                             .ctx = &world->origin,
                                             .render_error = render};
    world->origin.status = 200;
    world->origin.body = set_one;
    world->origin.server = gv_http_server_start(world->loop, &options, NULL);
    assert_non_null(world->origin.server);
    snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/certs",
             gv_http_server_port(world->origin.server));
}

static void open_world(struct world *world)
{
    memset(world, 0, sizeof(*world));
    world->loop = gv_loop_new(NULL);
    world->client = gv_http_client_new(world->loop, 0, NULL);
    assert_non_null(world->client);
    start_origin(world);
}

static void begin(struct world *world, const struct gv_identity_options *options)
{
    struct gv_error err = GV_ERROR_INIT;
    world->identity = gv_identity_new(options, &err);
    if (!world->identity)
        fail_msg("%s", err.message);
    world->verifier = gv_verifier_new(world->identity, world->loop, world->client);
    assert_non_null(world->verifier);
}

static void begin_with_url(struct world *world)
{
    struct gv_issuer_options issuer = {
        .issuer = GOOD_ISSUER, .audiences = audiences, .audience_count = 1, .jwks_url = world->url};
    begin(world, &(struct gv_identity_options){.issuers = &issuer, .issuer_count = 1});
}

static void close_world(struct world *world)
{
    gv_verifier_free(world->verifier);
    gv_identity_free(world->identity);
    gv_http_client_free(world->client);
    gv_http_server_stop(world->origin.server);
    gv_loop_free(world->loop);
}

/* Lets the keys look as if they had been read so much earlier. */
static void age(struct world *world, gv_duration duration)
{
    for (size_t i = 0; i < world->identity->count; i++) {
        world->identity->issuers[i].tried -= duration;
        world->identity->issuers[i].read -= duration;
    }
}

/* --- running --- */

struct until {
    struct gv_loop *loop;
    struct gv_timer *timer;
    const unsigned *counter;
    unsigned target;
    gv_time deadline;
};

static void look(void *ctx)
{
    struct until *until = ctx;
    bool reached = until->counter && *until->counter >= until->target;
    if (reached || gv_clock_monotonic() > until->deadline)
        gv_loop_stop(until->loop);
    else
        gv_timer_set(until->timer, GV_MILLISECOND);
}

/* Runs the loop until the counter reaches the target; false when it does not in time. */
static bool run(struct world *world, const unsigned *counter, unsigned target, gv_duration most)
{
    struct until until = {.loop = world->loop,
                          .counter = counter,
                          .target = target,
                          .deadline = gv_clock_monotonic() + most};
    until.timer = gv_timer_new(world->loop, look, &until);
    gv_timer_set(until.timer, 0);
    gv_loop_run(world->loop);
    gv_timer_free(until.timer);
    return counter && *counter >= target;
}

struct answer {
    unsigned count;
    unsigned ok;
    enum gv_identity_result result;
    char reason[32];
    char person[128];
};

static void answered(void *ctx, enum gv_identity_result result,
                     const struct gv_principal *principal, const char *reason)
{
    struct answer *answer = ctx;
    answer->count++;
    answer->ok += result == GV_IDENTITY_OK;
    answer->result = result;
    snprintf(answer->reason, sizeof(answer->reason), "%s", reason ? reason : "");
    snprintf(answer->person, sizeof(answer->person), "%s", principal ? principal->person : "");
}

static void ask(struct world *world, const char *token, struct answer *answer)
{
    char *value = format("Bearer %s", token);
    gv_verifier_check(world->verifier, gv_slice_from(value), answered, answer);
    free(value);
}

/* Asks and waits. */
static struct answer check(struct world *world, const char *token)
{
    struct answer answer = {0};
    ask(world, token, &answer);
    if (answer.count == 0)
        assert_true(run(world, &answer.count, 1, 20 * GV_SECOND));
    assert_int_equal(answer.count, 1);
    return answer;
}

static void expect(struct world *world, const char *token, const char *reason)
{
    struct answer answer = check(world, token);
    if (strcmp(answer.reason, reason) != 0)
        fail_msg("\"%s\" instead of \"%s\"", answer.reason, reason);
}

static char *token_of(EVP_PKEY *key, const char *kid, const char *members)
{
    char *header = format("{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
    char *claims = good_claims(members);
    char *token = sign_token(key, SIGN_ES256, header, claims);
    free(header);
    free(claims);
    return token;
}

/* --- tests --- */

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
    expect(&world, old, "");
    world.origin.body = set_two;
    age(&world, GV_JWKS_REFRESH);
    /* The timer was set before the set aged; a check of an unknown key would also do. */
    struct answer answer = {0};
    char *new = token_of(two, "two", "");
    ask(&world, new, &answer);
    assert_true(run(&world, &answer.count, 1, 10 * GV_SECOND));
    assert_int_equal(answer.ok, 1);
    expect(&world, old, "unknown-key");
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

static char path[64];

static void write_set(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void begin_with_file(struct world *world, const char *text)
{
    struct gv_issuer_options issuer = {
        .issuer = GOOD_ISSUER, .audiences = audiences, .audience_count = 1, .jwks_file = path};
    write_set(text);
    begin(world, &(struct gv_identity_options){.issuers = &issuer, .issuer_count = 1});
}

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

/* --- options --- */

static enum gv_error_code code_of(const struct gv_identity_options *options)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_identity *identity = gv_identity_new(options, &err);
    gv_identity_free(identity);
    return identity ? GV_ERROR_NONE : err.code;
}

static enum gv_error_code code_of_issuer(struct gv_issuer_options issuer)
{
    return code_of(&(struct gv_identity_options){.issuers = &issuer, .issuer_count = 1});
}

static enum gv_error_code code_of_url(const char *url)
{
    return code_of_issuer((struct gv_issuer_options){
        .issuer = "i", .audiences = audiences, .audience_count = 1, .jwks_url = url});
}

static void takes_keys_over_protected_ways_only(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://id.test/certs",  "https://id.test:8443/",   "http://127.0.0.1:8080/certs",
        "http://localhost/certs", "http://[::1]:8080/certs", "http://127.0.0.1",
    };
    static const char *const bad[] = {
        "http://id.test/certs",
        "http://127.0.0.1.evil.test/",
        "http://localhost.evil.test/",
        "http://127.0.0.1@evil.test/",
        "https://u:p@id.test/",
        "ftp://id.test/",
        "file:///etc/passwd",
        "https://",
        "https:///certs",
        "certs",
        "",
        "HTTPS//id.test",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (code_of_url(good[i]) != GV_ERROR_NONE)
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (code_of_url(bad[i]) != GV_ERROR_INVALID)
            fail_msg("%s", bad[i]);
}

static void refuses_options_that_let_too_many_in(void **state)
{
    (void)state;
    const struct gv_issuer_options good = {
        .issuer = "i", .audiences = audiences, .audience_count = 1, .jwks_url = "https://a.test/"};
    struct gv_issuer_options bad = good;
    assert_int_equal(code_of_issuer(good), GV_ERROR_NONE);
    bad.audience_count = 0;
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);
    bad.clients = audiences;
    bad.client_count = 1;
    assert_int_equal(code_of_issuer(bad), GV_ERROR_NONE);
    bad = good;
    bad.issuer = "a|b";
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);
    bad.issuer = "";
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);
    bad = good;
    bad.jwks_file = path;
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);
    bad.jwks_url = NULL;
    bad.jwks_file = "/nowhere/jwks.json";
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);

    struct gv_issuer_options twice[] = {good, good};
    assert_int_equal(code_of(&(struct gv_identity_options){.issuers = twice, .issuer_count = 2}),
                     GV_ERROR_DUPLICATE_NAME);
    assert_int_equal(code_of(&(struct gv_identity_options){0}), GV_ERROR_INVALID);
    struct gv_identity_options leeway = {.issuers = &good, .issuer_count = 1};
    leeway.leeway = GV_IDENTITY_MOST_LEEWAY;
    assert_int_equal(code_of(&leeway), GV_ERROR_NONE);
    leeway.leeway = GV_IDENTITY_MOST_LEEWAY + 1;
    assert_int_equal(code_of(&leeway), GV_ERROR_RANGE);
    leeway.leeway = -1;
    assert_int_equal(code_of(&leeway), GV_ERROR_RANGE);
}

static int set_up(void **state)
{
    (void)state;
    gv_log_setup(GV_LOG_TEXT, GV_LOG_ERROR, STDERR_FILENO);
    one = ec_key("P-256");
    two = ec_key("P-256");
    set_one = jwks_of(one, ",\"kid\":\"one\",\"use\":\"sig\"");
    set_two = jwks_of(two, ",\"kid\":\"two\",\"use\":\"sig\"");
    strcpy(path, "/tmp/gavel-jwks-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    EVP_PKEY_free(one);
    EVP_PKEY_free(two);
    free(set_one);
    free(set_two);
    unlink(path);
    return 0;
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
        cmocka_unit_test(reads_a_changed_file_within_a_second),
        cmocka_unit_test(forgets_a_token_when_it_expires),
        cmocka_unit_test(takes_the_token_as_a_password),
        cmocka_unit_test(counts_what_it_refuses),
        cmocka_unit_test(binds_keys_to_their_issuer),
        cmocka_unit_test(takes_dev_tokens),
        cmocka_unit_test(fetches_once_for_all_loops),
        cmocka_unit_test(takes_keys_over_protected_ways_only),
        cmocka_unit_test(refuses_options_that_let_too_many_in),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

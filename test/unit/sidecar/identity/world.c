/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/identity/world.h"
#include "sidecar/telemetry/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

EVP_PKEY *one;
EVP_PKEY *two;
char *set_one;
char *set_two;
char path[64];
const char *const audiences[1] = {"gavel"};

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

void open_world(struct world *world)
{
    memset(world, 0, sizeof(*world));
    world->loop = gv_loop_new(NULL);
    world->client = gv_http_client_new(world->loop, 0, NULL);
    assert_non_null(world->client);
    start_origin(world);
}

void begin(struct world *world, const struct gv_identity_options *options)
{
    struct gv_error err = GV_ERROR_INIT;
    world->identity = gv_identity_new(options, &err);
    if (!world->identity)
        fail_msg("%s", err.message);
    world->verifier = gv_verifier_new(world->identity, world->loop, world->client);
    assert_non_null(world->verifier);
}

void begin_with_url(struct world *world)
{
    struct gv_issuer_options issuer = {
        .issuer = GOOD_ISSUER, .audiences = audiences, .audience_count = 1, .jwks_url = world->url};
    begin(world, &(struct gv_identity_options){.issuers = &issuer, .issuer_count = 1});
}

void close_world(struct world *world)
{
    gv_verifier_free(world->verifier);
    gv_identity_free(world->identity);
    gv_http_client_free(world->client);
    gv_http_server_stop(world->origin.server);
    gv_loop_free(world->loop);
}

void age(struct world *world, gv_duration duration)
{
    for (size_t i = 0; i < world->identity->count; i++) {
        world->identity->issuers[i].tried -= duration;
        world->identity->issuers[i].read -= duration;
    }
}

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

bool run(struct world *world, const unsigned *counter, unsigned target, gv_duration most)
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

void answered(void *ctx, enum gv_identity_result result, const struct gv_principal *principal,
              const char *reason)
{
    struct answer *answer = ctx;
    answer->count++;
    answer->ok += result == GV_IDENTITY_OK;
    answer->result = result;
    snprintf(answer->reason, sizeof(answer->reason), "%s", reason ? reason : "");
    snprintf(answer->person, sizeof(answer->person), "%s", principal ? principal->person : "");
}

void ask(struct world *world, const char *token, struct answer *answer)
{
    char *value = format("Bearer %s", token);
    gv_verifier_check(world->verifier, gv_slice_from(value), answered, answer);
    free(value);
}

struct answer check(struct world *world, const char *token)
{
    struct answer answer = {0};
    ask(world, token, &answer);
    if (answer.count == 0)
        assert_true(run(world, &answer.count, 1, 20 * GV_SECOND));
    assert_int_equal(answer.count, 1);
    return answer;
}

void expect(struct world *world, const char *token, const char *reason)
{
    struct answer answer = check(world, token);
    if (strcmp(answer.reason, reason) != 0)
        fail_msg("\"%s\" instead of \"%s\"", answer.reason, reason);
}

char *token_of(EVP_PKEY *key, const char *kid, const char *members)
{
    char *header = format("{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
    char *claims = good_claims(members);
    char *token = sign_token(key, SIGN_ES256, header, claims);
    free(header);
    free(claims);
    return token;
}

void write_set(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

void begin_with_file(struct world *world, const char *text)
{
    struct gv_issuer_options issuer = {
        .issuer = GOOD_ISSUER, .audiences = audiences, .audience_count = 1, .jwks_file = path};
    write_set(text);
    begin(world, &(struct gv_identity_options){.issuers = &issuer, .issuer_count = 1});
}

int make_world_keys(void **state)
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

int free_world_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(one);
    EVP_PKEY_free(two);
    free(set_one);
    free(set_two);
    unlink(path);
    return 0;
}

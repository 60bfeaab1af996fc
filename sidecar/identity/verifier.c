/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/authorization.h"
#include "sidecar/identity/cache.h"
#include "sidecar/identity/internal.h"
#include "sidecar/identity/limits.h"
#include "sidecar/identity/principal.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"
#include <stdlib.h>

/*
 * One loop's verifier. A check is: find the token, look into the cache, else read it, find the
 * issuer whose key signed it, check the claims. When no issuer knows the key, sets are fetched (if
 * they were not lately), and the check waits in a list until no fetch is under way.
 */

typedef void done_function(void *ctx, enum gv_identity_result result,
                           const struct gv_principal *principal, const char *reason);

/* A fetch of one issuer's keys. */
struct fetch {
    struct gv_verifier *verifier;
    struct gv_issuer *issuer;
    struct gv_http_call *call; /* NULL: none under way here */
};

/* A check that waits for keys. */
struct waiting {
    struct waiting *next;
    struct waiting *previous;
    uint64_t round; /* of the release that may take it */
    done_function *done;
    void *ctx;
    struct gv_slice token;
    char bytes[];
};

struct gv_verifier {
    struct gv_identity *identity;
    struct gv_loop *loop;
    struct gv_http_client *client;
    struct gv_timer *timer;
    struct gv_cache *cache;
    struct gv_arena *arena; /* of the check at hand */
    uint_fast64_t generation;
    gv_time look; /* when files are looked at next */
    struct fetch *fetches;
    unsigned fetching;
    struct waiting *first;
    struct waiting *last;
    unsigned waiting;
    uint64_t round;
    char scratch[GV_AUTHORIZATION_SCRATCH];
};

/* --- the check itself --- */

static void answer(done_function *done, void *ctx, enum gv_reason reason,
                   const struct gv_principal *principal)
{
    if (reason == GV_REASON_NONE) {
        done(ctx, GV_IDENTITY_OK, principal, NULL);
        return;
    }
    gv_metric_add(GV_METRIC_AUTH_FAILURES, 1, gv_reason_word(reason));
    gv_log(GV_LOG_DEBUG, "identity", "Caller refused", GV_LOG_S("reason", gv_reason_word(reason)),
           GV_LOG_S("meaning", gv_reason_meaning(reason)));
    done(ctx, gv_reason_result(reason), NULL, gv_reason_word(reason));
}

/* How much a finding at one issuer says about the token; the strongest of all issuers counts. While
 * any has no keys nothing is certain, for another issuer's key may have the same kid. */
static int weight_of(enum gv_reason reason)
{
    switch ((int)reason) {
    case GV_REASON_UNKNOWN_KEY:
        return 0;
    case GV_REASON_KEY_AMBIGUOUS:
    case GV_REASON_KEY_MISMATCH:
        return 1;
    case GV_REASON_SIGNATURE:
        return 2;
    case GV_REASON_KEYS_UNAVAILABLE:
        return 3;
    default:
        return 4;
    }
}

static enum gv_reason verify_at(struct gv_issuer *issuer, const struct gv_token *token)
{
    struct gv_jwks *keys = gv_issuer_keys(issuer);
    if (!keys)
        return GV_REASON_KEYS_UNAVAILABLE;
    enum gv_reason reason = gv_jwks_verify(keys, token);
    gv_jwks_unref(keys);
    return reason;
}

/* Finds the issuer that signed. The payload is not trusted to name it: each issuer's keys are tried
 * and its name is compared afterwards. Issuers whose keys differ in kid cost one signature check.
 */
static enum gv_reason find_issuer(struct gv_identity *identity, const struct gv_token *token,
                                  const struct gv_issuer **ret_issuer)
{
    enum gv_reason strongest = GV_REASON_UNKNOWN_KEY;
    for (size_t i = 0; i < identity->count; i++) {
        struct gv_issuer *issuer = &identity->issuers[i];
        enum gv_reason reason = verify_at(issuer, token);
        *ret_issuer = issuer;
        if (reason == GV_REASON_NONE)
            return reason;
        if (weight_of(reason) > weight_of(strongest))
            strongest = reason;
    }
    return strongest;
}

/* Verifies a token from the beginning and remembers it. The caller unrefs the principal. */
static enum gv_reason verify(struct gv_verifier *verifier, struct gv_slice text,
                             const struct gv_principal **ret_principal)
{
    struct gv_token token;
    const struct gv_issuer *issuer = NULL;
    gv_arena_reset(verifier->arena);
    enum gv_reason reason = gv_token_read(verifier->arena, text, &token);
    if (reason == GV_REASON_NONE)
        reason = find_issuer(verifier->identity, &token, &issuer);
    if (reason != GV_REASON_NONE)
        return reason;
    *ret_principal = gv_principal_new(&token, &issuer->rules, gv_clock_wall(), &reason);
    if (*ret_principal) {
        unsigned char digest[GV_SHA256_SIZE];
        gv_sha256_of(text, digest);
        gv_cache_put(verifier->cache, digest, *ret_principal);
    }
    return reason;
}

/* The principal of a token that was verified before and still holds, or NULL. Borrowed. */
static const struct gv_principal *recall(struct gv_verifier *verifier, struct gv_slice token)
{
    unsigned char digest[GV_SHA256_SIZE];
    gv_sha256_of(token, digest);
    const struct gv_principal *principal = gv_cache_get(verifier->cache, digest);
    /* All issuers have the same leeway. */
    if (principal &&
        principal->expires + verifier->identity->issuers[0].rules.leeway > gv_clock_wall())
        return principal;
    gv_cache_drop(verifier->cache, digest);
    return NULL;
}

/* --- keys that change --- */

static void keys_changed(struct gv_verifier *verifier)
{
    atomic_fetch_add(&verifier->identity->generation, 1);
}

/* Forgets all that was verified with key sets that are no longer in force. Runs before a check
 * takes keys, so that what it then remembers is at most newer than it says. */
static void catch_up(struct gv_verifier *verifier)
{
    gv_time now = gv_loop_now(verifier->loop);
    if (now >= verifier->look) {
        verifier->look = now + GV_JWKS_FILE_LOOK;
        for (size_t i = 0; i < verifier->identity->count; i++)
            if (gv_issuer_look(&verifier->identity->issuers[i], now))
                keys_changed(verifier);
    }
    uint_fast64_t generation = atomic_load(&verifier->identity->generation);
    if (generation != verifier->generation)
        gv_cache_clear(verifier->cache);
    verifier->generation = generation;
}

static bool anybody_fetches(struct gv_verifier *verifier)
{
    for (size_t i = 0; i < verifier->identity->count; i++) {
        struct gv_issuer *issuer = &verifier->identity->issuers[i];
        if (issuer->source == GV_ISSUER_URL && gv_issuer_is_busy(issuer))
            return true;
    }
    return false;
}

/* Lets the timer fire when the next set grows old, or soon when checks wait for another loop. */
static void set_timer(struct gv_verifier *verifier)
{
    gv_time now = gv_loop_now(verifier->loop);
    gv_time next = INT64_MAX;
    for (size_t i = 0; i < verifier->identity->count; i++) {
        struct gv_issuer *issuer = &verifier->identity->issuers[i];
        gv_time date = issuer->source == GV_ISSUER_URL ? gv_issuer_next(issuer) : INT64_MAX;
        next = date < next ? date : next;
    }
    if (verifier->waiting > 0 && verifier->fetching == 0 && next > now + GV_JWKS_POLL)
        next = now + GV_JWKS_POLL;
    if (next != INT64_MAX)
        gv_timer_set(verifier->timer, next > now ? next - now : 0);
}

static void unlink_waiting(struct gv_verifier *verifier, struct waiting *waiting)
{
    *(waiting->previous ? &waiting->previous->next : &verifier->first) = waiting->next;
    *(waiting->next ? &waiting->next->previous : &verifier->last) = waiting->previous;
    verifier->waiting--;
}

/* Ends the checks that wait. Each callback may ask anew or cancel others: what was added meanwhile
 * belongs to the next round. */
static void release(struct gv_verifier *verifier)
{
    uint64_t round = verifier->round++;
    catch_up(verifier);
    while (verifier->first && verifier->first->round <= round) {
        struct waiting *waiting = verifier->first;
        const struct gv_principal *principal = NULL;
        unlink_waiting(verifier, waiting);
        enum gv_reason reason = verify(verifier, waiting->token, &principal);
        answer(waiting->done, waiting->ctx, reason, principal);
        gv_principal_unref(principal);
        free(waiting);
    }
}

static void go_on(struct gv_verifier *verifier)
{
    if (verifier->waiting > 0 && !anybody_fetches(verifier))
        release(verifier);
    set_timer(verifier);
}

static void settle(struct fetch *fetch, const struct gv_http_reply *reply)
{
    struct gv_error err = GV_ERROR_INIT;
    const struct gv_error *failure = reply->error;
    if (!failure && reply->status != 200) {
        gv_error_set(&err, GV_ERROR_UNAVAILABLE, "%s answered with status %u",
                     fetch->issuer->location, reply->status);
        failure = &err;
    }
    if (gv_issuer_settle(fetch->issuer, reply->body, failure, gv_clock_monotonic()))
        keys_changed(fetch->verifier);
}

static void fetched(void *ctx, const struct gv_http_reply *reply)
{
    struct fetch *fetch = ctx;
    fetch->call = NULL;
    fetch->verifier->fetching--;
    settle(fetch, reply);
    go_on(fetch->verifier);
}

static void start_fetch(struct fetch *fetch)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_http_call_options options = {
        .method = "GET",
        .url = fetch->issuer->location,
        .headers = &(struct gv_http_header){"Accept", "application/json"},
        .header_count = 1,
        .connect = GV_JWKS_FETCH_TIME,
        .total = GV_JWKS_FETCH_TIME,
        .reply_bytes = GV_JWKS_MOST_BYTES,
        .ca_file = fetch->issuer->ca_file,
        .done = fetched,
        .ctx = fetch,
    };
    fetch->call = gv_http_client_call(fetch->verifier->client, &options, &err);
    if (fetch->call)
        fetch->verifier->fetching++;
    else
        settle(fetch, &(struct gv_http_reply){.error = &err});
}

/* Starts what may be started; true when any fetch is under way, here or in another loop. */
static bool fetch_keys(struct gv_verifier *verifier, enum gv_issuer_cause cause)
{
    gv_time now = gv_clock_monotonic();
    for (size_t i = 0; i < verifier->identity->count; i++) {
        struct gv_issuer *issuer = &verifier->identity->issuers[i];
        if (issuer->source == GV_ISSUER_URL && gv_issuer_claim(issuer, cause, now))
            start_fetch(&verifier->fetches[i]);
    }
    return anybody_fetches(verifier);
}

static void timer_due(void *ctx)
{
    struct gv_verifier *verifier = ctx;
    fetch_keys(verifier, GV_ISSUER_DUE);
    go_on(verifier);
}

/* --- waiting --- */

/* Puts a check aside until keys have come; its token is copied. */
static enum gv_reason put_aside(struct gv_verifier *verifier, struct gv_slice token,
                                done_function *done, void *ctx)
{
    if (verifier->waiting >= GV_VERIFIER_MOST_WAITING)
        return GV_REASON_BUSY;
    struct waiting *waiting = malloc(sizeof(*waiting) + token.len);
    if (!waiting)
        return GV_REASON_MEMORY;
    *waiting = (struct waiting){
        .previous = verifier->last,
        .round = verifier->round,
        .done = done,
        .ctx = ctx,
        .token = {waiting->bytes, token.len},
    };
    memcpy(waiting->bytes, token.ptr, token.len);
    *(verifier->last ? &verifier->last->next : &verifier->first) = waiting;
    verifier->last = waiting;
    verifier->waiting++;
    set_timer(verifier);
    return GV_REASON_NONE;
}

static bool may_need_keys(enum gv_reason reason)
{
    return reason == GV_REASON_UNKNOWN_KEY || reason == GV_REASON_KEYS_UNAVAILABLE;
}

/* The check of a token that is not in the cache. */
static void check_anew(struct gv_verifier *verifier, struct gv_slice token, done_function *done,
                       void *ctx)
{
    const struct gv_principal *principal = NULL;
    enum gv_reason reason = verify(verifier, token, &principal);
    if (may_need_keys(reason) && fetch_keys(verifier, GV_ISSUER_UNKNOWN_KEY)) {
        reason = put_aside(verifier, token, done, ctx);
        if (reason == GV_REASON_NONE)
            return;
    }
    answer(done, ctx, reason, principal);
    gv_principal_unref(principal);
}

void gv_verifier_check(struct gv_verifier *verifier, struct gv_slice authorization,
                       void (*done)(void *ctx, enum gv_identity_result result,
                                    const struct gv_principal *principal, const char *reason),
                       void *ctx)
{
    struct gv_slice token = {0};
    enum gv_reason reason = gv_authorization_token(authorization, verifier->scratch, &token);
    if (reason == GV_REASON_NONE && token.len > GV_TOKEN_MOST_BYTES)
        reason = GV_REASON_SIZE;
    if (reason != GV_REASON_NONE) {
        answer(done, ctx, reason, NULL);
        return;
    }
    catch_up(verifier);
    const struct gv_principal *known = recall(verifier, token);
    if (!known) {
        check_anew(verifier, token, done, ctx);
        return;
    }
    /* The callback may check another token, which may push this one out of the cache. */
    gv_principal_ref(known);
    answer(done, ctx, GV_REASON_NONE, known);
    gv_principal_unref(known);
}

void gv_verifier_cancel(struct gv_verifier *verifier, const void *ctx)
{
    struct waiting *next = NULL;
    for (struct waiting *at = verifier->first; at; at = next) {
        next = at->next;
        if (at->ctx != ctx)
            continue;
        unlink_waiting(verifier, at);
        free(at);
    }
}

/* --- birth and death --- */

static bool prepare(struct gv_verifier *verifier)
{
    size_t count = verifier->identity->count;
    verifier->timer = gv_timer_new(verifier->loop, timer_due, verifier);
    verifier->cache = gv_cache_new(GV_CACHE_MOST_ENTRIES, GV_CACHE_MOST_BYTES);
    verifier->arena = gv_arena_new(GV_TOKEN_MOST_ARENA);
    verifier->fetches = calloc(count, sizeof(*verifier->fetches));
    if (!verifier->timer || !verifier->cache || !verifier->arena || !verifier->fetches)
        return false;
    for (size_t i = 0; i < count; i++)
        verifier->fetches[i] =
            (struct fetch){.verifier = verifier, .issuer = &verifier->identity->issuers[i]};
    set_timer(verifier);
    return true;
}

struct gv_verifier *gv_verifier_new(struct gv_identity *identity, struct gv_loop *loop,
                                    struct gv_http_client *client)
{
    struct gv_verifier *verifier = calloc(1, sizeof(*verifier));
    if (!verifier)
        return NULL;
    verifier->identity = identity;
    verifier->loop = loop;
    verifier->client = client;
    return prepare(verifier) ? verifier : gv_verifier_free(verifier);
}

static void end_fetches(struct gv_verifier *verifier)
{
    for (size_t i = 0; verifier->fetches && i < verifier->identity->count; i++) {
        if (!verifier->fetches[i].call)
            continue;
        gv_http_call_cancel(verifier->fetches[i].call);
        gv_issuer_abandon(verifier->fetches[i].issuer);
    }
}

struct gv_verifier *gv_verifier_free(struct gv_verifier *verifier)
{
    if (!verifier)
        return NULL;
    end_fetches(verifier);
    while (verifier->first) {
        struct waiting *waiting = verifier->first;
        unlink_waiting(verifier, waiting);
        free(waiting);
    }
    gv_timer_free(verifier->timer);
    gv_cache_free(verifier->cache);
    gv_arena_free(verifier->arena);
    free(verifier->fetches);
    free(verifier);
    return NULL;
}

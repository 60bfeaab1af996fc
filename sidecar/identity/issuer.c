/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/issuer.h"
#include "sidecar/identity/dev.h"
#include "sidecar/identity/limits.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"
#include <stdio.h>
#include <stdlib.h>

static gv_time later(gv_time a, gv_time b)
{
    return a > b ? a : b;
}

/* When the next reading may begin. */
static gv_time next_locked(const struct gv_issuer *issuer, enum gv_issuer_cause cause)
{
    if (!issuer->was_tried)
        return INT64_MIN;
    if (issuer->source != GV_ISSUER_URL)
        return issuer->tried + GV_JWKS_FILE_LOOK;
    if (!issuer->keys)
        return issuer->tried + GV_JWKS_RETRY;
    gv_time cool = issuer->tried + GV_JWKS_COOLDOWN;
    return cause == GV_ISSUER_DUE ? later(cool, issuer->read + GV_JWKS_REFRESH) : cool;
}

bool gv_issuer_claim(struct gv_issuer *issuer, enum gv_issuer_cause cause, gv_time now)
{
    pthread_mutex_lock(&issuer->lock);
    bool claimed = !issuer->busy && now >= next_locked(issuer, cause);
    if (claimed) {
        issuer->busy = true;
        issuer->was_tried = true;
        issuer->tried = now;
    }
    pthread_mutex_unlock(&issuer->lock);
    return claimed;
}

void gv_issuer_abandon(struct gv_issuer *issuer)
{
    pthread_mutex_lock(&issuer->lock);
    issuer->busy = false;
    pthread_mutex_unlock(&issuer->lock);
}

/* What a reading did, to be logged outside the lock. */
struct outcome {
    bool changed;
    bool lost; /* the last good set is too old to be trusted on */
    bool is_news;
    bool has_keys; /* some set is in force */
};

static struct outcome accept_locked(struct gv_issuer *issuer, struct gv_jwks *keys, gv_time now)
{
    struct outcome outcome = {.changed = !issuer->keys || !gv_jwks_equal(issuer->keys, keys)};
    issuer->read = now;
    issuer->trouble[0] = '\0';
    if (outcome.changed) {
        struct gv_jwks *old = issuer->keys;
        issuer->keys = gv_jwks_ref(keys);
        gv_jwks_unref(old);
    }
    return outcome;
}

static struct outcome fail_locked(struct gv_issuer *issuer, const struct gv_error *failure,
                                  gv_time now)
{
    /* A file that is broken for days is broken again every second: it is said once. */
    char text[sizeof(issuer->trouble)];
    gv_error_text(failure, text, sizeof(text));
    struct outcome outcome = {.is_news = strcmp(issuer->trouble, text) != 0};
    memcpy(issuer->trouble, text, sizeof(text));
    issuer->has_stamp = false;
    outcome.lost =
        issuer->source == GV_ISSUER_URL && issuer->keys && now - issuer->read > GV_JWKS_STALE;
    if (outcome.lost) {
        gv_jwks_unref(issuer->keys);
        issuer->keys = NULL;
    }
    outcome.changed = outcome.lost;
    outcome.has_keys = issuer->keys != NULL;
    return outcome;
}

static void report(const struct gv_issuer *issuer, const struct gv_jwks *keys,
                   struct outcome outcome, const struct gv_error *failure)
{
    gv_metric_add(GV_METRIC_JWKS_REFRESH, 1, keys ? "ok" : "failed");
    if (keys && outcome.changed)
        gv_log(GV_LOG_INFO, "identity", "Key set read", GV_LOG_S("issuer", issuer->rules.issuer),
               GV_LOG_S("from", issuer->location), GV_LOG_I("keys", gv_jwks_count(keys)),
               GV_LOG_I("left_out", gv_jwks_left_out(keys)));
    else if (outcome.lost)
        gv_log(GV_LOG_ERROR, "identity",
               "Key set is older than a day and cannot be read: its tokens are refused",
               GV_LOG_S("issuer", issuer->rules.issuer), GV_LOG_S("error", failure->message));
    else if (!keys && outcome.is_news)
        gv_log(GV_LOG_WARN, "identity",
               outcome.has_keys ? "Key set cannot be read; the last good one stays"
                                : "Key set cannot be read; its tokens cannot be verified yet",
               GV_LOG_S("issuer", issuer->rules.issuer), GV_LOG_S("from", issuer->location),
               GV_LOG_S("error", failure->message));
}

bool gv_issuer_settle(struct gv_issuer *issuer, struct gv_slice text,
                      const struct gv_error *failure, gv_time now)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_jwks *keys = failure ? NULL : gv_jwks_parse(text, &err);
    if (!failure)
        failure = &err;

    pthread_mutex_lock(&issuer->lock);
    issuer->busy = false;
    struct outcome outcome =
        keys ? accept_locked(issuer, keys, now) : fail_locked(issuer, failure, now);
    pthread_mutex_unlock(&issuer->lock);

    report(issuer, keys, outcome, failure);
    gv_jwks_unref(keys);
    return outcome.changed;
}

gv_time gv_issuer_next(struct gv_issuer *issuer)
{
    pthread_mutex_lock(&issuer->lock);
    /* While another loop reads, its result will set the next date; until then look now and then. */
    gv_time next =
        issuer->busy ? issuer->tried + GV_JWKS_RETRY : next_locked(issuer, GV_ISSUER_DUE);
    pthread_mutex_unlock(&issuer->lock);
    return next;
}

bool gv_issuer_is_busy(struct gv_issuer *issuer)
{
    pthread_mutex_lock(&issuer->lock);
    bool busy = issuer->busy;
    pthread_mutex_unlock(&issuer->lock);
    return busy;
}

static char *read_source(const struct gv_issuer *issuer, size_t *ret_len, struct gv_error *err)
{
    if (issuer->source == GV_ISSUER_FILE)
        return gv_file_load(issuer->location, 0, GV_JWKS_MOST_BYTES, ret_len, NULL, err);
    char *text = gv_dev_key_jwks(issuer->location, err);
    *ret_len = text ? strlen(text) : 0;
    return text;
}

/* The busy flag is ours here, so has_stamp and stamp are read without the lock. */
bool gv_issuer_look(struct gv_issuer *issuer, gv_time now)
{
    if (issuer->source == GV_ISSUER_URL || !gv_issuer_claim(issuer, GV_ISSUER_DUE, now))
        return false;
    struct gv_error err = GV_ERROR_INIT;
    struct gv_file_stamp stamp = {0};
    /* The stamp is taken before the text: a file that changes in between is read again. */
    bool seen = gv_file_look(issuer->location, &stamp, &err);
    if (seen && issuer->has_stamp && gv_file_same(&stamp, &issuer->stamp)) {
        gv_issuer_abandon(issuer);
        return false;
    }
    size_t len = 0;
    char *text = seen ? read_source(issuer, &len, &err) : NULL;
    issuer->stamp = stamp;
    issuer->has_stamp = text != NULL;
    bool changed = gv_issuer_settle(issuer, (struct gv_slice){text, len}, text ? NULL : &err, now);
    free(text);
    return changed;
}

struct gv_jwks *gv_issuer_keys(struct gv_issuer *issuer)
{
    pthread_mutex_lock(&issuer->lock);
    struct gv_jwks *keys = issuer->keys ? gv_jwks_ref(issuer->keys) : NULL;
    pthread_mutex_unlock(&issuer->lock);
    return keys;
}

const char *gv_issuer_trouble(struct gv_issuer *issuer, char *buf, size_t size)
{
    pthread_mutex_lock(&issuer->lock);
    bool has_keys = issuer->keys != NULL;
    if (!has_keys)
        snprintf(buf, size, "issuer %s has no keys: %s", issuer->rules.issuer,
                 issuer->trouble[0] ? issuer->trouble : "they have not been fetched yet");
    pthread_mutex_unlock(&issuer->lock);
    return has_keys ? NULL : buf;
}

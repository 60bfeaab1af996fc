/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit/refusals.h"
#include "policies/engine/base/map.h"
#include "policies/engine/base/text.h"
#include "sidecar/audit/limits.h"
#include "sidecar/loop/loop.h"
#include "sidecar/telemetry/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* The texts of an event that are kept while its like is counted. */
enum text { EVENT_TYPE, ACTOR, WORKSPACE, RESOURCE, ACTION, OUTCOME, ROUTE, TEXT_COUNT };

struct entry {
    uint64_t hash; /* of the key */
    gv_time ends;  /* monotonic */
    int64_t count; /* since the last event was written */
    char *texts[TEXT_COUNT];
};

struct gv_refusals {
    gv_refusals_write write;
    void *ctx;
    gv_duration window;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
    /* In the order of their ends, because all windows are of one length. The last place is that of
     * all keys that find no other. */
    struct entry *entries[GV_AUDIT_REFUSALS_MAX + 1];
    size_t count;
    bool overflowing; /* the entry of the last place exists */
};

static char *cut_copy(const char *text)
{
    return text ? strndup(text, GV_AUDIT_REFUSAL_TEXT) : NULL;
}

static void free_entry(struct entry *entry)
{
    for (size_t i = 0; entry && i < TEXT_COUNT; i++) {
        free(entry->texts[i]);
    }
    free(entry);
}

static struct entry *new_entry(uint64_t hash, const struct gv_audit_event *event, const char *route)
{
    const char *const texts[TEXT_COUNT] = {
        [EVENT_TYPE] = event->event_type,
        [ACTOR] = event->actor,
        [WORKSPACE] = event->workspace,
        [RESOURCE] = event->resource,
        [ACTION] = event->action,
        [OUTCOME] = event->outcome,
        [ROUTE] = route,
    };
    struct entry *entry = calloc(1, sizeof(*entry));
    if (!entry) {
        return NULL;
    }
    entry->hash = hash;
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        entry->texts[i] = cut_copy(texts[i]);
        if (texts[i] && !entry->texts[i]) {
            free_entry(entry);
            return NULL;
        }
    }
    return entry;
}

/* SipHash under the process's key: nobody can choose keys that share a hash, so the hash is the
 * key. */
static uint64_t key_of(const struct gv_audit_event *event, const char *route)
{
    const char *const parts[] = {event->actor, event->event_type, event->action, route};
    uint64_t hashes[4];
    for (size_t i = 0; i < 4; i++) {
        hashes[i] = gv_map_hash(gv_slice_from(parts[i]));
    }
    return gv_map_hash((struct gv_slice){(const char *)hashes, sizeof(hashes)});
}

static struct entry *find(struct gv_refusals *refusals, uint64_t hash)
{
    for (size_t i = 0; i < refusals->count; i++) {
        if (refusals->entries[i]->hash == hash) {
            return refusals->entries[i];
        }
    }
    return NULL;
}

/* Begins the window of a new key; NULL without memory. */
static struct entry *begin(struct gv_refusals *refusals, uint64_t hash,
                           const struct gv_audit_event *event, const char *route)
{
    struct entry *entry = new_entry(hash, event, route);
    if (!entry) {
        return NULL;
    }
    entry->ends = gv_clock_monotonic() + refusals->window;
    refusals->entries[refusals->count++] = entry;
    if (refusals->count == 1) {
        pthread_cond_signal(&refusals->changed);
    }
    return entry;
}

/* Counts into the entry that all keys beyond the limit share. */
static void count_overflow(struct gv_refusals *refusals)
{
    static const struct gv_audit_event shared = {
        .event_type = "REFUSALS_OVERFLOW", .actor = "gavel", .outcome = "DENIED"};
    struct entry *entry = find(refusals, 0);
    if (!entry) {
        entry = begin(refusals, 0, &shared, NULL);
        refusals->overflowing = entry != NULL;
    }
    if (entry) {
        entry->count++;
    }
}

/* Whether this refusal is the first of its key and so to be written at once. */
static bool is_first(struct gv_refusals *refusals, uint64_t hash,
                     const struct gv_audit_event *event, const char *route)
{
    struct entry *entry = find(refusals, hash);
    size_t keys = refusals->count - (refusals->overflowing ? 1 : 0);
    if (entry) {
        entry->count++;
        return false;
    }
    if (keys >= GV_AUDIT_REFUSALS_MAX) {
        count_overflow(refusals);
        return false;
    }
    return begin(refusals, hash, event, route) != NULL;
}

void gv_refusals_count(struct gv_refusals *refusals, const struct gv_audit_event *event,
                       const char *route)
{
    uint64_t hash = key_of(event, route);
    hash = hash != 0 ? hash : 1;
    pthread_mutex_lock(&refusals->mutex);
    bool first = is_first(refusals, hash, event, route);
    pthread_mutex_unlock(&refusals->mutex);
    if (!first || refusals->write(refusals->ctx, event, false)) {
        return;
    }
    /* The store takes nothing now; the end of the window will try again. */
    pthread_mutex_lock(&refusals->mutex);
    struct entry *entry = find(refusals, hash);
    if (entry) {
        entry->count++;
    }
    pthread_mutex_unlock(&refusals->mutex);
}

/* Takes the entry whose window ended first, if it ended by `now`. */
static struct entry *take_ended(struct gv_refusals *refusals, gv_time now)
{
    if (refusals->count == 0 || refusals->entries[0]->ends > now) {
        return NULL;
    }
    struct entry *entry = refusals->entries[0];
    refusals->count--;
    memmove(refusals->entries, refusals->entries + 1,
            refusals->count * sizeof(refusals->entries[0]));
    if (entry->hash == 0) {
        refusals->overflowing = false;
    }
    return entry;
}

/* Writes what an entry counted; false when the store did not take it. */
static bool write_entry(struct gv_refusals *refusals, const struct entry *entry, bool wait)
{
    const struct gv_audit_field fields[] = {
        {.key = "count", .integer = entry->count},
        {.key = "window_seconds", .integer = refusals->window / GV_SECOND},
        {.key = "route", .string = entry->texts[ROUTE] ? entry->texts[ROUTE] : ""},
    };
    const struct gv_audit_event event = {
        .event_type = entry->texts[EVENT_TYPE],
        .actor = entry->texts[ACTOR],
        .workspace = entry->texts[WORKSPACE],
        .resource = entry->texts[RESOURCE],
        .action = entry->texts[ACTION],
        .outcome = entry->texts[OUTCOME],
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
    };
    return entry->count == 0 || refusals->write(refusals->ctx, &event, wait);
}

/* Lets an entry whose event was not taken count for another window, while there is one to come. */
static void count_on(struct gv_refusals *refusals, struct entry *entry)
{
    size_t places = sizeof(refusals->entries) / sizeof(refusals->entries[0]);
    if (!refusals->stopping && refusals->count < places) {
        entry->ends = gv_clock_monotonic() + refusals->window;
        refusals->entries[refusals->count++] = entry;
        refusals->overflowing = refusals->overflowing || entry->hash == 0;
        return;
    }
    gv_log(GV_LOG_WARN, "audit", "Counted refusals could not be recorded",
           GV_LOG_S("event_type", entry->texts[EVENT_TYPE]), GV_LOG_I("count", entry->count));
    free_entry(entry);
}

/* Waits until the first window ends, a first window begins, or the end. */
static void sleep_until_due(struct gv_refusals *refusals)
{
    if (refusals->count == 0) {
        pthread_cond_wait(&refusals->changed, &refusals->mutex);
        return;
    }
    gv_time due = refusals->entries[0]->ends + GV_MILLISECOND;
    const struct timespec until = {.tv_sec = (time_t)(due / GV_SECOND),
                                   .tv_nsec = (long)(due % GV_SECOND) * 1000};
    pthread_cond_timedwait(&refusals->changed, &refusals->mutex, &until);
}

static void *run(void *ctx)
{
    struct gv_refusals *refusals = ctx;
    pthread_mutex_lock(&refusals->mutex);
    while (!refusals->stopping || refusals->count > 0) {
        bool stopping = refusals->stopping;
        struct entry *entry = take_ended(refusals, stopping ? INT64_MAX : gv_clock_monotonic());
        if (!entry) {
            sleep_until_due(refusals);
            continue;
        }
        pthread_mutex_unlock(&refusals->mutex);
        bool written = write_entry(refusals, entry, stopping);
        pthread_mutex_lock(&refusals->mutex);
        if (written) {
            free_entry(entry);
        } else {
            count_on(refusals, entry);
        }
    }
    pthread_mutex_unlock(&refusals->mutex);
    return NULL;
}

struct gv_refusals *gv_refusals_start(gv_refusals_write write, void *ctx, gv_duration window,
                                      struct gv_error *err)
{
    struct gv_refusals *refusals = calloc(1, sizeof(*refusals));
    pthread_condattr_t attributes;
    if (!refusals) {
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for the audit");
        return NULL;
    }
    refusals->write = write;
    refusals->ctx = ctx;
    refusals->window = window;
    pthread_mutex_init(&refusals->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&refusals->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int code = pthread_create(&refusals->thread, NULL, run, refusals);
    if (code != 0) {
        gv_error_set_errno(err, GV_ERROR_LIMIT, code, "cannot start the thread audit-refusals");
        free(refusals);
        return NULL;
    }
    pthread_setname_np(refusals->thread, "audit-refusals");
    return refusals;
}

struct gv_refusals *gv_refusals_stop(struct gv_refusals *refusals)
{
    if (!refusals) {
        return NULL;
    }
    pthread_mutex_lock(&refusals->mutex);
    refusals->stopping = true;
    pthread_cond_signal(&refusals->changed);
    pthread_mutex_unlock(&refusals->mutex);
    pthread_join(refusals->thread, NULL);
    pthread_cond_destroy(&refusals->changed);
    pthread_mutex_destroy(&refusals->mutex);
    free(refusals);
    return NULL;
}

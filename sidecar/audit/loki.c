/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit/loki.h"
#include "sidecar/audit/limits.h"
#include "sidecar/audit/loki_body.h"
#include "sidecar/audit/loki_push.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SINK "loki"
#define NANOSECONDS 1000 /* in a microsecond */

struct gv_loki {
    struct gv_store *store;
    struct gv_loki_link *link;
    char *writer;
    struct gv_text labels;
    pthread_t thread;
    atomic_int_least64_t last_success;

    pthread_mutex_t mutex; /* of the three below */
    pthread_cond_t changed;
    bool woken;
    bool stopping;
    gv_time deadline; /* monotonic; of stopping */

    /* The thread's own. The cursor is what is known to be in Loki: `last` is the time under which
     * its event travelled, in nanoseconds. */
    int64_t seq;
    int64_t last;
    size_t page; /* events to read at once */
    unsigned failures;
    bool unreachable; /* said in the log */
    struct gv_arena *arena;
    struct gv_text body;
};

/* --- waiting --- */

static bool is_over(void *ctx)
{
    struct gv_loki *loki = ctx;
    pthread_mutex_lock(&loki->mutex);
    bool over = loki->stopping && gv_clock_monotonic() >= loki->deadline;
    pthread_mutex_unlock(&loki->mutex);
    return over;
}

static struct timespec timespec_of(gv_time time)
{
    return (struct timespec){.tv_sec = (time_t)(time / GV_SECOND),
                             .tv_nsec = (long)(time % GV_SECOND) * 1000};
}

/* Sleeps for `patience`, shorter when stopping; a wake-up ends it too if `wakeable`. */
static void pause_for(struct gv_loki *loki, gv_duration patience, bool wakeable)
{
    gv_time until = gv_clock_monotonic() + patience;
    pthread_mutex_lock(&loki->mutex);
    while (!(wakeable && (loki->woken || loki->stopping))) {
        gv_time end = loki->stopping && loki->deadline < until ? loki->deadline : until;
        if (gv_clock_monotonic() >= end) {
            break;
        }
        const struct timespec at = timespec_of(end);
        pthread_cond_timedwait(&loki->changed, &loki->mutex, &at);
    }
    loki->woken = false;
    pthread_mutex_unlock(&loki->mutex);
}

/* Full jitter: many processes that lost the same Loki must not come back in step. */
static gv_duration backoff(unsigned failures)
{
    gv_duration bound = GV_LOKI_BACKOFF_FIRST;
    uint64_t noise = 0;
    for (unsigned i = 1; i < failures && bound < GV_LOKI_BACKOFF_LAST; i++) {
        bound *= 2;
    }
    bound = bound < GV_LOKI_BACKOFF_LAST ? bound : GV_LOKI_BACKOFF_LAST;
    if (getrandom(&noise, sizeof(noise), GRND_NONBLOCK) != (ssize_t)sizeof(noise)) {
        noise = (uint64_t)gv_clock_monotonic();
    }
    return (gv_duration)(noise % (uint64_t)bound);
}

static void wait_after_failure(struct gv_loki *loki, const struct gv_push_answer *answer)
{
    if (!loki->unreachable) {
        gv_log(GV_LOG_WARN, "audit", "Loki does not take the audit events; they are kept",
               GV_LOG_I("status", answer->status), GV_LOG_S("reason", answer->why));
    }
    loki->unreachable = true;
    loki->failures++;
    gv_duration wait = backoff(loki->failures);
    pause_for(loki, wait > answer->wait ? wait : answer->wait, false);
}

/* --- the cursor --- */

struct cursor {
    struct gv_loki *loki;
    int64_t seq;
    int64_t last;
};

static bool cursor_load(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct cursor *cursor = ctx;
    return gv_store_cursor_get(tx, SINK, cursor->loki->writer, &cursor->seq, &cursor->last, err);
}

static bool cursor_save(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct cursor *cursor = ctx;
    return gv_store_cursor_set(tx, SINK, cursor->loki->writer, cursor->seq, cursor->last, err);
}

/* Remembers that everything up to the entry is in Loki. If the store does not take it now, a later
 * one will; until then a restart sends some events again, under the same time. */
static void advance(struct gv_loki *loki, const struct gv_loki_entry *entry)
{
    struct cursor cursor = {loki, entry->seq, entry->at};
    struct gv_error err;
    loki->seq = entry->seq;
    loki->last = entry->at;
    loki->failures = 0;
    atomic_store(&loki->last_success, gv_clock_wall());
    if (loki->unreachable) {
        gv_log(GV_LOG_INFO, "audit", "Loki takes the audit events again",
               GV_LOG_I("seq", entry->seq));
        loki->unreachable = false;
    }
    if (!gv_store_write_wait(loki->store, cursor_save, &cursor, &err)) {
        gv_log(GV_LOG_WARN, "audit", "The cursor of the Loki forwarder could not be kept",
               GV_LOG_S("reason", err.message));
    }
}

/* --- reading the outbox --- */

struct page {
    struct gv_loki *loki;
    struct gv_audit_row *rows;
    size_t count;
    int64_t head;
};

static bool page_load(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct page *page = ctx;
    int64_t epoch;
    const char *hash;
    gv_time at;
    return gv_store_audit_head(tx, page->loki->writer, page->loki->arena, &epoch, &page->head,
                               &hash, &at, err) &&
           gv_store_audit_after(tx, page->loki->writer, page->loki->seq, page->loki->page,
                                page->loki->arena, &page->rows, &page->count, err);
}

/* Reads the next events, fewer at once when they are so large that the arena is full. */
static bool read_page(struct gv_loki *loki, struct page *page)
{
    struct gv_error err = GV_ERROR_INIT;
    for (;;) {
        *page = (struct page){.loki = loki};
        gv_arena_reset(loki->arena);
        if (gv_store_read_wait(loki->store, page_load, page, &err)) {
            gv_metric_set(GV_METRIC_AUDIT_OUTBOX, (double)(page->head - loki->seq));
            return true;
        }
        if (err.code != GV_ERROR_MEMORY || loki->page == 1) {
            gv_log(GV_LOG_WARN, "audit", "The outbox cannot be read",
                   GV_LOG_S("reason", err.message));
            return false;
        }
        loki->page /= 2;
    }
}

/* The time under which an event travels: its own, unless Loki would refuse it for its age or it is
 * not after the one before. The same on each try, as long as the same events stand before it. */
static int64_t travel_time(int64_t last, gv_time at, gv_time now)
{
    int64_t time = (at < now - GV_LOKI_OLDEST ? now : at) * NANOSECONDS;
    return time > last ? time : last + 1;
}

/* Turns rows into at most one push of entries. */
static struct gv_loki_entry *make_entries(struct gv_loki *loki, const struct page *page,
                                          size_t *ret_count)
{
    struct gv_loki_entry *entries = gv_arena_array(loki->arena, page->count, sizeof(*entries));
    gv_time now = gv_clock_wall();
    int64_t last = loki->last;
    size_t bytes = 0;
    size_t count = 0;
    while (entries && count < page->count) {
        const struct gv_audit_row *row = &page->rows[count];
        bytes += row->line_len;
        if (count > 0 && bytes > GV_LOKI_BATCH_BYTES) {
            break;
        }
        last = travel_time(last, row->at, now);
        entries[count++] =
            (struct gv_loki_entry){row->seq, last, {row->line, row->line_len}, row->hash};
    }
    *ret_count = count;
    return entries;
}

/* --- sending --- */

static struct gv_push_answer push(struct gv_loki *loki, const struct gv_loki_entry *entries,
                                  size_t count)
{
    struct gv_error err;
    if (gv_loki_body(&loki->body, gv_text_slice(&loki->labels), entries, count, &err)) {
        struct gv_push_answer answer = gv_loki_link_push(loki->link, gv_text_slice(&loki->body));
        gv_text_free(&loki->body);
        return answer;
    }
    gv_text_free(&loki->body);
    struct gv_push_answer answer = {.outcome = GV_PUSH_LATER};
    strncpy(answer.why, err.message, sizeof(answer.why) - 1);
    return answer;
}

/* Pushes until Loki stores the entries or says that it never will as they are. False at the end. */
static bool push_until_answered(struct gv_loki *loki, const struct gv_loki_entry *entries,
                                size_t count, struct gv_push_answer *ret_answer)
{
    while (!is_over(loki)) {
        *ret_answer = push(loki, entries, count);
        switch (ret_answer->outcome) {
        case GV_PUSH_STORED:
        case GV_PUSH_BAD:
        case GV_PUSH_TOO_LARGE:
            return true;
        case GV_PUSH_DENIED:
            gv_loki_link_renew(loki->link);
            break;
        case GV_PUSH_LATER:
            break;
        }
        wait_after_failure(loki, ret_answer);
    }
    return false;
}

/* Loki's words for an event that is older than it takes. */
static bool is_too_old(const char *why)
{
    return strstr(why, "too old") || strstr(why, "too far behind") || strstr(why, "out of order");
}

/* Loki's words for a clock that is behind ours: time will heal it. */
static bool is_too_new(const char *why)
{
    return strstr(why, "too new") != NULL;
}

/* What Loki gets in place of an event that it refuses: the chain still verifies, and the missing
 * event is named. */
static bool make_gap(struct gv_loki *loki, const struct gv_loki_entry *entry, const char *why,
                     struct gv_text *out)
{
    gv_text_string(out, "{\"v\":1,\"w\":");
    gv_text_json(out, gv_slice_from(loki->writer));
    gv_text_format(out, ",\"seq\":%lld,\"event_type\":\"chain.gap\",\"hash\":\"%s\",\"reason\":",
                   (long long)entry->seq, entry->hash);
    gv_text_json(out, gv_slice_from(why));
    gv_text_char(out, '}');
    return gv_text_ok(out);
}

/* One entry that Loki refused is tried in another form. True when that was stored. */
static bool push_instead(struct gv_loki *loki, const struct gv_loki_entry *entry,
                         struct gv_push_answer *answer)
{
    if (!push_until_answered(loki, entry, 1, answer) || answer->outcome != GV_PUSH_STORED) {
        return false;
    }
    advance(loki, entry);
    return true;
}

/*
 * Loki refuses this one entry as it is. Too old: it travels under the time of now. Otherwise, or if
 * that does not help, a gap takes its place. When even the gap is refused the cause is no event but
 * the set-up (labels, tenant, limits), so that everything waits. False when it waits.
 */
static bool push_refused(struct gv_loki *loki, struct gv_loki_entry *entry,
                         struct gv_push_answer *answer)
{
    struct gv_text gap = GV_TEXT_INIT;
    if (is_too_old(answer->why)) {
        entry->at = travel_time(loki->last, gv_clock_wall(), gv_clock_wall());
        if (push_instead(loki, entry, answer)) {
            return true;
        }
    }
    bool poison = answer->outcome == GV_PUSH_BAD || answer->outcome == GV_PUSH_TOO_LARGE;
    if (!poison || is_too_new(answer->why) || !make_gap(loki, entry, answer->why, &gap)) {
        gv_text_free(&gap);
        return false;
    }
    struct gv_loki_entry instead = {entry->seq, entry->at, gv_text_slice(&gap), entry->hash};
    struct gv_push_answer first = *answer;
    bool stored = push_instead(loki, &instead, answer);
    if (stored) {
        gv_metric_add(GV_METRIC_AUDIT_PUSH, 1, "gap");
        gv_log(GV_LOG_ERROR, "audit", "Loki refuses an audit event; a gap names it there",
               GV_LOG_I("seq", entry->seq), GV_LOG_S("reason", first.why));
    }
    gv_text_free(&gap);
    return stored;
}

/* Entries behind one whose time moved must still be after it. */
static void keep_order(const struct gv_loki *loki, struct gv_loki_entry *entries, size_t count)
{
    int64_t last = loki->last;
    for (size_t i = 0; i < count; i++) {
        entries[i].at = entries[i].at > last ? entries[i].at : last + 1;
        last = entries[i].at;
    }
}

/*
 * Brings entries into Loki in their order. A refused push is halved until single entries are found
 * that Loki does not take; a 400 does not say which. Pieces that went through before go again with
 * the same bytes, which Loki recognises. False when they have to wait.
 */
static bool deliver(struct gv_loki *loki, struct gv_loki_entry *entries, size_t count)
{
    struct gv_push_answer answer;
    keep_order(loki, entries, count);
    if (!push_until_answered(loki, entries, count, &answer)) {
        return false;
    }
    if (answer.outcome == GV_PUSH_STORED) {
        advance(loki, &entries[count - 1]);
        return true;
    }
    if (count > 1) {
        size_t half = count / 2;
        return deliver(loki, entries, half) && deliver(loki, entries + half, count - half);
    }
    if (push_refused(loki, entries, &answer)) {
        return true;
    }
    wait_after_failure(loki, &answer);
    return false;
}

/* Sends one page. False when there was nothing, or nothing could be done. */
static bool forward(struct gv_loki *loki)
{
    struct page page;
    size_t count = 0;
    if (!read_page(loki, &page) || page.count == 0) {
        return false;
    }
    struct gv_loki_entry *entries = make_entries(loki, &page, &count);
    if (!entries) {
        /* The rows left no room for their entries: read fewer. */
        loki->page = loki->page > 1 ? loki->page / 2 : 1;
        return true;
    }
    if (deliver(loki, entries, count)) {
        loki->page = loki->page * 2 < GV_LOKI_BATCH_EVENTS ? loki->page * 2 : GV_LOKI_BATCH_EVENTS;
    }
    gv_metric_set(GV_METRIC_AUDIT_OUTBOX, (double)(page.head - loki->seq));
    return true;
}

static bool is_stopping(struct gv_loki *loki)
{
    pthread_mutex_lock(&loki->mutex);
    bool stopping = loki->stopping;
    pthread_mutex_unlock(&loki->mutex);
    return stopping;
}

static void *run(void *ctx)
{
    struct gv_loki *loki = ctx;
    while (!is_over(loki)) {
        bool stopping = is_stopping(loki);
        if (forward(loki)) {
            continue;
        }
        if (stopping) {
            break;
        }
        pause_for(loki, GV_LOKI_POLL, true);
    }
    return NULL;
}

/* --- starting and stopping --- */

static struct gv_loki *free_loki(struct gv_loki *loki)
{
    gv_loki_link_free(loki->link);
    gv_arena_free(loki->arena);
    gv_text_free(&loki->labels);
    gv_text_free(&loki->body);
    pthread_cond_destroy(&loki->changed);
    pthread_mutex_destroy(&loki->mutex);
    free(loki->writer);
    free(loki);
    return NULL;
}

static void init_sync(struct gv_loki *loki)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&loki->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&loki->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static bool prepare(struct gv_loki *loki, const struct gv_loki_options *options,
                    struct gv_error *err)
{
    struct cursor cursor = {.loki = loki};
    loki->writer = strdup(options->writer);
    loki->arena = gv_arena_new(GV_LOKI_BATCH_MEMORY);
    gv_loki_labels(&loki->labels, options);
    if (!loki->writer || !loki->arena || !gv_text_ok(&loki->labels)) {
        return gv_error_set(err, GV_ERROR_MEMORY, "no memory for the Loki forwarder");
    }
    loki->link = gv_loki_link_new(options, is_over, loki, err);
    if (!loki->link || !gv_store_read_wait(loki->store, cursor_load, &cursor, err)) {
        return false;
    }
    loki->seq = cursor.seq;
    loki->last = cursor.last;
    return true;
}

struct gv_loki *gv_loki_start(struct gv_store *store, const struct gv_loki_options *options,
                              struct gv_error *err)
{
    struct gv_loki *loki = calloc(1, sizeof(*loki));
    if (!loki) {
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for the Loki forwarder");
        return NULL;
    }
    init_sync(loki);
    loki->store = store;
    loki->page = GV_LOKI_BATCH_EVENTS;
    if (!prepare(loki, options, err)) {
        return free_loki(loki);
    }
    int code = pthread_create(&loki->thread, NULL, run, loki);
    if (code != 0) {
        gv_error_set_errno(err, GV_ERROR_LIMIT, code, "cannot start the thread audit-loki");
        return free_loki(loki);
    }
    pthread_setname_np(loki->thread, "audit-loki");
    return loki;
}

void gv_loki_wake(struct gv_loki *loki)
{
    pthread_mutex_lock(&loki->mutex);
    loki->woken = true;
    pthread_cond_signal(&loki->changed);
    pthread_mutex_unlock(&loki->mutex);
}

gv_time gv_loki_last_success(const struct gv_loki *loki)
{
    return atomic_load(&loki->last_success);
}

struct gv_loki *gv_loki_stop(struct gv_loki *loki, gv_duration within)
{
    if (!loki) {
        return NULL;
    }
    pthread_mutex_lock(&loki->mutex);
    loki->stopping = true;
    loki->deadline = gv_clock_monotonic() + within;
    pthread_cond_signal(&loki->changed);
    pthread_mutex_unlock(&loki->mutex);
    pthread_join(loki->thread, NULL);
    return free_loki(loki);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit/audit.h"
#include "sidecar/audit/line.h"
#include "sidecar/audit/refusals.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Memory that the head of a chain takes: a hash. */
#define HEAD_MEMORY 8192

struct gv_audit {
    struct gv_store *store;
    char *writer;
    char *version;
    int64_t epoch; /* fixed once opened */
    struct gv_refusals *refusals;
    pthread_mutex_t mutex; /* of policy */
    char *policy;
};

/* The end of a chain as the next event must continue it. */
struct head {
    int64_t epoch;
    int64_t seq;
    char hash[GV_SHA256_HEX_SIZE];
};

/* Read in the transaction of the event, so that it is exact whatever was rolled back before. */
static bool read_head(struct gv_audit *audit, struct gv_store_tx *tx, struct head *ret_head,
                      struct gv_error *err)
{
    const char *hash;
    gv_time at;
    struct gv_arena *arena = gv_arena_new(HEAD_MEMORY);
    bool ok = arena != NULL || gv_error_set(err, GV_ERROR_MEMORY, "no memory for an audit event");
    ok = ok && gv_store_audit_head(tx, audit->writer, arena, &ret_head->epoch, &ret_head->seq,
                                   &hash, &at, err);
    if (ok) {
        memcpy(ret_head->hash, ret_head->seq > 0 ? hash : GV_AUDIT_GENESIS, GV_SHA256_HEX_SIZE - 1);
        ret_head->hash[GV_SHA256_HEX_SIZE - 1] = '\0';
    }
    gv_arena_free(arena);
    return ok;
}

/* The kind of a resource: "model" of "model/churn/v1", also below "workspace/W/". */
static struct gv_slice kind_of(const char *resource)
{
    struct gv_slice rest = gv_slice_from(resource);
    struct gv_slice kind = gv_slice_split(&rest, '/');
    if (gv_slice_is(kind, "workspace") && rest.len > 0) {
        gv_slice_split(&rest, '/');
        kind = gv_slice_split(&rest, '/');
    }
    return kind;
}

static bool append_row(struct gv_store_tx *tx, const struct gv_audit_link *link,
                       const struct gv_audit_event *event, const struct gv_text *line,
                       struct gv_error *err)
{
    char hash[GV_SHA256_HEX_SIZE];
    char kind[32];
    struct gv_slice word = kind_of(event->resource);
    size_t length = word.len < sizeof(kind) ? word.len : sizeof(kind) - 1;
    if (length > 0) {
        memcpy(kind, word.ptr, length);
    }
    kind[length] = '\0';
    gv_audit_hash(gv_text_slice(line), hash);
    const struct gv_audit_row row = {
        .writer = link->writer,
        .epoch = link->epoch,
        .seq = link->seq,
        .at = link->at,
        .workspace = event->workspace ? event->workspace : "default",
        .event_type = event->event_type,
        .entity_type = event->decision_id ? "decision" : kind,
        .entity_id = event->decision_id ? event->decision_id : event->resource,
        .resource = event->resource,
        .actor = event->actor ? event->actor : "anonymous",
        .line = gv_text_cstr(line),
        .line_len = line->len,
        .hash = hash,
    };
    return gv_store_audit_append(tx, &row, err);
}

/* Chains the event behind `head`. */
static bool append(struct gv_audit *audit, struct gv_store_tx *tx, const struct head *head,
                   const struct gv_audit_event *event, struct gv_error *err)
{
    struct gv_text line = GV_TEXT_INIT;
    pthread_mutex_lock(&audit->mutex);
    char *policy = audit->policy ? strdup(audit->policy) : NULL;
    pthread_mutex_unlock(&audit->mutex);
    const struct gv_audit_link link = {.writer = audit->writer,
                                       .epoch = audit->epoch,
                                       .seq = head->seq + 1,
                                       .prev = head->hash,
                                       .at = gv_store_now(tx),
                                       .policy = policy};
    bool ok = gv_audit_line(&line, &link, event, err) && append_row(tx, &link, event, &line, err);
    gv_text_free(&line);
    free(policy);
    if (ok) {
        /* When its transaction fails afterwards the count is one too high: who wants the number of
         * durable events reads `seq`. */
        gv_metric_add(GV_METRIC_AUDIT_EVENTS, 1, event->event_type);
    }
    return ok;
}

bool gv_audit_write(struct gv_audit *audit, struct gv_store_tx *tx,
                    const struct gv_audit_event *event, struct gv_error *err)
{
    struct head head;
    if (!read_head(audit, tx, &head, err)) {
        return false;
    }
    if (head.epoch != audit->epoch) {
        return gv_error_set(err, GV_ERROR_CONFLICT,
                            "another process has begun epoch %lld of the audit writer \"%s\"; give "
                            "each process a writer of its own",
                            (long long)head.epoch, audit->writer);
    }
    return append(audit, tx, &head, event, err);
}

/* --- events in transactions of their own --- */

struct submission {
    struct gv_audit *audit;
    struct gv_arena *arena; /* holds this struct, too */
    struct gv_audit_event event;
    gv_store_done done;
    void *ctx;
};

static bool copy_text(struct gv_arena *arena, const char **text)
{
    if (!*text) {
        return true;
    }
    *text = gv_arena_string(arena, *text);
    return *text != NULL;
}

static bool copy_fields(struct gv_arena *arena, struct gv_audit_event *event)
{
    if (event->field_count == 0) {
        return true;
    }
    struct gv_audit_field *fields = gv_arena_array(arena, event->field_count, sizeof(*fields));
    bool ok = fields != NULL;
    for (size_t i = 0; ok && i < event->field_count; i++) {
        fields[i] = event->fields[i];
        ok = copy_text(arena, &fields[i].key) && copy_text(arena, &fields[i].string) &&
             copy_text(arena, &fields[i].json);
    }
    event->fields = fields;
    return ok;
}

static bool copy_event(struct gv_arena *arena, struct gv_audit_event *event)
{
    return copy_text(arena, &event->event_type) && copy_text(arena, &event->actor) &&
           copy_text(arena, &event->workspace) && copy_text(arena, &event->resource) &&
           copy_text(arena, &event->action) && copy_text(arena, &event->decision_id) &&
           copy_text(arena, &event->outcome) && copy_fields(arena, event);
}

static struct submission *new_submission(struct gv_audit *audit, const struct gv_audit_event *event)
{
    struct gv_arena *arena = gv_arena_new(0);
    struct submission *submission = arena ? gv_arena_alloc(arena, sizeof(*submission)) : NULL;
    if (submission) {
        *submission = (struct submission){.audit = audit, .arena = arena, .event = *event};
    }
    if (!submission || !copy_event(arena, &submission->event)) {
        gv_arena_free(arena);
        return NULL;
    }
    return submission;
}

static bool submission_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct submission *submission = ctx;
    return gv_audit_write(submission->audit, tx, &submission->event, err);
}

static void submission_done(void *ctx, const struct gv_error *err)
{
    struct submission *submission = ctx;
    gv_store_done done = submission->done;
    void *done_ctx = submission->ctx;
    gv_arena_free(submission->arena);
    if (done) {
        done(done_ctx, err);
    }
}

bool gv_audit_submit(struct gv_audit *audit, const struct gv_audit_event *event,
                     struct gv_loop *loop, gv_store_done done, void *ctx, struct gv_error *err)
{
    struct submission *submission = new_submission(audit, event);
    if (!submission) {
        return gv_error_set(err, GV_ERROR_MEMORY, "no memory for an audit event");
    }
    submission->done = done;
    submission->ctx = ctx;
    if (!gv_store_write(audit->store, submission_work, loop, submission_done, submission, err)) {
        gv_arena_free(submission->arena);
        return false;
    }
    return true;
}

/* --- refusals --- */

static void refusal_done(void *ctx, const struct gv_error *err)
{
    (void)ctx;
    if (err) {
        gv_log(GV_LOG_WARN, "audit", "A refusal could not be recorded",
               GV_LOG_S("reason", err->message));
    }
}

struct now {
    struct gv_audit *audit;
    const struct gv_audit_event *event;
};

static bool now_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct now *now = ctx;
    return gv_audit_write(now->audit, tx, now->event, err);
}

static bool write_refusal(void *ctx, const struct gv_audit_event *event, bool wait)
{
    struct gv_audit *audit = ctx;
    struct now now = {audit, event};
    return wait ? gv_store_write_wait(audit->store, now_work, &now, NULL)
                : gv_audit_submit(audit, event, NULL, refusal_done, NULL, NULL);
}

void gv_audit_refusal(struct gv_audit *audit, const struct gv_audit_event *event, const char *route)
{
    gv_refusals_count(audit->refusals, event, route);
}

/* --- the chain's ends --- */

/* An event of the process itself about its chain. */
static struct gv_audit_event chain_event(const struct gv_audit *audit, const char *type,
                                         const char *action, const char *outcome)
{
    return (struct gv_audit_event){.event_type = type,
                                   .actor = "gavel",
                                   .resource = audit->writer,
                                   .action = action,
                                   .outcome = outcome};
}

static bool open_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_audit *audit = ctx;
    struct head head;
    if (!read_head(audit, tx, &head, err)) {
        return false;
    }
    audit->epoch = head.epoch + 1;
    const struct gv_audit_field fields[] = {
        {.key = "version", .string = audit->version},
        {.key = "previous_epoch", .integer = head.epoch},
        {.key = "previous_seq", .integer = head.seq},
        {.key = "previous_hash", .string = head.hash},
    };
    struct gv_audit_event event = chain_event(audit, "chain.open", "audit:open", "OPENED");
    event.fields = fields;
    event.field_count = sizeof(fields) / sizeof(fields[0]);
    return append(audit, tx, &head, &event, err);
}

static bool close_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_audit *audit = ctx;
    const struct gv_audit_event event = chain_event(audit, "chain.close", "audit:close", "CLOSED");
    return gv_audit_write(audit, tx, &event, err);
}

static struct gv_audit *free_audit(struct gv_audit *audit)
{
    pthread_mutex_destroy(&audit->mutex);
    free(audit->policy);
    free(audit->version);
    free(audit->writer);
    free(audit);
    return NULL;
}

struct gv_audit *gv_audit_open(struct gv_store *store, const struct gv_audit_options *options,
                               const char *digest, struct gv_error *err)
{
    struct gv_audit *audit = calloc(1, sizeof(*audit));
    if (!audit) {
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for the audit");
        return NULL;
    }
    pthread_mutex_init(&audit->mutex, NULL);
    audit->store = store;
    audit->writer = strdup(options->writer);
    audit->version = strdup(options->version ? options->version : "");
    audit->policy = digest ? strdup(digest) : NULL;
    if (!audit->writer || !audit->version || (digest && !audit->policy)) {
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for the audit");
        return free_audit(audit);
    }
    audit->refusals = gv_refusals_start(write_refusal, audit, GV_AUDIT_REFUSAL_WINDOW, err);
    if (!audit->refusals) {
        return free_audit(audit);
    }
    if (!gv_store_write_wait(store, open_work, audit, err)) {
        gv_error_prefix(err, "cannot open the audit chain");
        gv_refusals_stop(audit->refusals);
        return free_audit(audit);
    }
    return audit;
}

struct gv_audit *gv_audit_close(struct gv_audit *audit)
{
    struct gv_error err;
    if (!audit) {
        return NULL;
    }
    gv_refusals_stop(audit->refusals);
    if (!gv_store_write_wait(audit->store, close_work, audit, &err)) {
        gv_log(GV_LOG_WARN, "audit", "The audit chain could not be closed",
               GV_LOG_S("reason", err.message));
    }
    return free_audit(audit);
}

void gv_audit_set_policy_digest(struct gv_audit *audit, const char *digest)
{
    char *policy = digest ? strdup(digest) : NULL;
    pthread_mutex_lock(&audit->mutex);
    char *before = audit->policy;
    audit->policy = policy;
    pthread_mutex_unlock(&audit->mutex);
    free(before);
}

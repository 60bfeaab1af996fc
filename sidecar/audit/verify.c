/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/json.h"
#include "sidecar/audit/audit.h"
#include "sidecar/audit/limits.h"
#include "sidecar/audit/line.h"

#include <stdlib.h>
#include <string.h>

/* One writer's chain while it is walked. */
struct walk {
    struct gv_store_tx *tx;
    struct gv_arena *result; /* the caller's */
    struct gv_arena *page;   /* emptied after each page */
    const char *writer;
    int64_t seq;
    int64_t epoch;
    char hash[GV_SHA256_HEX_SIZE];
    struct gv_audit_verdict *verdict;
};

/* Keeps the first finding. Returns false. */
__attribute__((format(printf, 3, 4))) static bool broken(struct walk *walk, int64_t seq,
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    walk->verdict->problem = gv_arena_vformat(walk->result, format, args);
    va_end(args);
    walk->verdict->valid = false;
    walk->verdict->writer = walk->writer;
    walk->verdict->seq = seq;
    return false;
}

static bool same_text(const struct gv_json *line, const char *key, const char *column)
{
    const struct gv_json *value = gv_json_get(line, key);
    if (!column) {
        return value && value->type == GV_JSON_NULL;
    }
    return gv_slice_is(gv_json_get_string(line, key), column);
}

static bool same_number(const struct gv_json *line, const char *key, int64_t column)
{
    int64_t number;
    return gv_json_int(gv_json_get(line, key), &number) && number == column;
}

static bool same_actor(const struct gv_json *line, const char *actor)
{
    struct gv_slice issuer;
    struct gv_slice subject = gv_audit_subject(actor, &issuer);
    return gv_slice_equal(gv_json_get_string(line, "actor"), subject) &&
           gv_slice_equal(gv_json_get_string(line, "actor_issuer"), issuer);
}

/* The first column that says something else than the line; NULL when all agree. What lists show is
 * taken from the columns, so a change there must not pass. */
static const char *differing_column(const struct gv_json *line, const struct gv_audit_row *row)
{
    char timestamp[GV_TIME_SIZE];
    gv_time_print_micros(row->at, timestamp);
    const struct gv_json *decision = gv_json_get(line, "decision_id");
    bool decided = decision && decision->type == GV_JSON_STRING;
    const struct {
        const char *name;
        bool same;
    } columns[] = {
        {"writer", same_text(line, "w", row->writer)},
        {"epoch", same_number(line, "e", row->epoch)},
        {"seq", same_number(line, "seq", row->seq)},
        {"occurred_at", same_text(line, "timestamp", timestamp)},
        {"workspace", same_text(line, "workspace", row->workspace)},
        {"event_type", same_text(line, "event_type", row->event_type)},
        {"entity_id", same_text(line, decided ? "decision_id" : "resource", row->entity_id)},
        {"resource", same_text(line, "resource", row->resource)},
        {"actor", same_actor(line, row->actor)},
    };
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (!columns[i].same) {
            return columns[i].name;
        }
    }
    return NULL;
}

/* Hash, sequence and link of one event. */
static bool check_link(struct walk *walk, const struct gv_audit_row *row,
                       const struct gv_json *line)
{
    char hash[GV_SHA256_HEX_SIZE];
    gv_audit_hash((struct gv_slice){row->line, row->line_len}, hash);
    if (row->seq != walk->seq + 1) {
        return broken(walk, walk->seq + 1, "event %lld is missing, the next one is %lld",
                      (long long)walk->seq + 1, (long long)row->seq);
    }
    if (strcmp(hash, row->hash) != 0) {
        return broken(walk, row->seq, "its bytes have hash %s, recorded was %s", hash, row->hash);
    }
    struct gv_slice prev = gv_json_get_string(line, "prev");
    if (!gv_slice_is(prev, walk->hash)) {
        return broken(walk, row->seq, "it names %.*s as its predecessor, which has hash %s",
                      prev.len > 64 ? 64 : (int)prev.len, prev.len > 0 ? prev.ptr : "", walk->hash);
    }
    return true;
}

static bool check_epoch(struct walk *walk, const struct gv_audit_row *row)
{
    bool opens = strcmp(row->event_type, "chain.open") == 0;
    if (row->epoch != walk->epoch + (opens ? 1 : 0)) {
        return broken(walk, row->seq, "epoch %lld %s after epoch %lld", (long long)row->epoch,
                      opens ? "opens" : "goes on without being opened", (long long)walk->epoch);
    }
    return true;
}

static bool check_row(struct walk *walk, const struct gv_audit_row *row)
{
    struct gv_slice bytes = {row->line, row->line_len};
    const struct gv_json *line = gv_json_parse(walk->page, bytes, NULL, NULL);
    if (!check_link(walk, row, line)) {
        return false;
    }
    if (!line) {
        return broken(walk, row->seq, "its line is no JSON");
    }
    const char *column = differing_column(line, row);
    if (column) {
        return broken(walk, row->seq, "column %s says something else than the hashed line", column);
    }
    if (!check_epoch(walk, row)) {
        return false;
    }
    walk->seq = row->seq;
    walk->epoch = row->epoch;
    memcpy(walk->hash, row->hash, sizeof(walk->hash));
    walk->verdict->events++;
    return true;
}

/* Walks one writer. False on an error; what is broken is in the verdict. */
static bool check_writer(struct walk *walk, struct gv_error *err)
{
    struct gv_audit_row *rows;
    size_t count = 0;
    walk->seq = 0;
    walk->epoch = 0;
    memcpy(walk->hash, GV_AUDIT_GENESIS, sizeof(walk->hash));
    do {
        gv_arena_reset(walk->page);
        if (!gv_store_audit_after(walk->tx, walk->writer, walk->seq, GV_AUDIT_VERIFY_PAGE,
                                  walk->page, &rows, &count, err)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (!check_row(walk, &rows[i])) {
                return true;
            }
        }
    } while (count > 0);
    return true;
}

bool gv_audit_verify(struct gv_store_tx *tx, struct gv_arena *arena,
                     struct gv_audit_verdict *ret_verdict, struct gv_error *err)
{
    const char **writers;
    size_t count;
    *ret_verdict = (struct gv_audit_verdict){.valid = true};
    if (!gv_store_audit_writers(tx, arena, &writers, &count, err)) {
        return false;
    }
    struct gv_arena *page = gv_arena_new(0);
    if (!page) {
        return gv_error_set(err, GV_ERROR_MEMORY, "no memory for a verification");
    }
    struct walk walk = {.tx = tx, .result = arena, .page = page, .verdict = ret_verdict};
    bool ok = true;
    for (size_t i = 0; ok && ret_verdict->valid && i < count; i++) {
        walk.writer = writers[i];
        ok = check_writer(&walk, err);
    }
    gv_arena_free(page);
    return ok;
}

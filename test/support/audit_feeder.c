/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit/audit.h"
#include "sidecar/audit/loki.h"
#include "sidecar/loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * gv_audit_feeder DATABASE LOKI_URL WRITER: the audit and its Loki forwarder without the rest of
 * Gavel, for tests against a real Loki.
 *
 *   write N   writes N events and answers "written SEQ" when the last one is durable
 *   sent      answers "sent 1" when Loki was ever reached, else "sent 0"
 *   quit      closes in order (so does the end of the input)
 */

static bool write_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    const struct gv_audit_event event = {.event_type = "FEEDER_EVENT",
                                         .actor = "https://idp.example|ds-001",
                                         .resource = "model/churn/v1",
                                         .action = "mlops:log",
                                         .outcome = "ALLOWED"};
    return gv_audit_write(ctx, tx, &event, err);
}

struct head {
    const char *writer;
    struct gv_arena *arena;
    int64_t seq;
};

static bool head_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct head *head = ctx;
    int64_t epoch;
    const char *hash;
    gv_time at;
    return gv_store_audit_head(tx, head->writer, head->arena, &epoch, &head->seq, &hash, &at, err);
}

static bool write_events(struct gv_store *store, struct gv_audit *audit, const char *writer,
                         long count, struct gv_error *err)
{
    struct head head = {.writer = writer, .arena = gv_arena_new(0)};
    bool ok = true;
    for (long i = 0; ok && i < count; i++) {
        ok = gv_store_write_wait(store, write_work, audit, err);
    }
    ok = ok && gv_store_read_wait(store, head_work, &head, err);
    gv_arena_free(head.arena);
    if (ok) {
        printf("written %lld\n", (long long)head.seq);
    }
    return ok;
}

static bool serve(struct gv_store *store, struct gv_audit *audit, struct gv_loki *loki,
                  const char *writer, struct gv_error *err)
{
    char line[64];
    while (fgets(line, sizeof(line), stdin) && strcmp(line, "quit\n") != 0) {
        if (strcmp(line, "sent\n") == 0) {
            printf("sent %d\n", gv_loki_last_success(loki) != 0);
        } else if (strncmp(line, "write ", 6) != 0 ||
                   !write_events(store, audit, writer, strtol(line + 6, NULL, 10), err)) {
            return false;
        }
        fflush(stdout);
        gv_loki_wake(loki);
    }
    return true;
}

static int run(char **words, struct gv_error *err)
{
    char url[4096];
    snprintf(url, sizeof(url), "sqlite:%s", words[1]);
    const struct gv_store_options store_options = {.url = url};
    const struct gv_audit_options audit_options = {.writer = words[3], .version = "test"};
    const struct gv_loki_options loki_options = {.url = words[2], .writer = words[3]};
    struct gv_audit *audit = NULL;
    struct gv_loki *loki = NULL;
    struct gv_store *store = gv_store_open(&store_options, err);
    bool ok = store != NULL;
    ok = ok && (audit = gv_audit_open(store, &audit_options, "sha256:test", err)) != NULL;
    ok = ok && (loki = gv_loki_start(store, &loki_options, err)) != NULL;
    ok = ok && serve(store, audit, loki, words[3], err);
    gv_audit_close(audit);
    gv_loki_stop(loki, 10 * GV_SECOND);
    gv_store_close(store);
    return ok ? 0 : 1;
}

int main(int count, char **words)
{
    struct gv_error err = GV_ERROR_INIT;
    if (count != 4) {
        fprintf(stderr, "usage: gv_audit_feeder DATABASE LOKI_URL WRITER\n");
        return 2;
    }
    int code = run(words, &err);
    if (code != 0) {
        fprintf(stderr, "gv_audit_feeder: %s\n", err.message);
    }
    return code;
}

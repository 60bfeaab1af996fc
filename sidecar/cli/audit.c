/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit/audit.h"
#include "sidecar/cli/common.h"
#include "sidecar/store/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often a follower looks for new events, in microseconds. */
#define FOLLOW_EVERY 300000

struct tail {
    const char *decision;
    int64_t lines;
    int64_t
        printed; /* events in the trail when last read, so that a follower prints what came after */
    bool first;
};

/* Rows come newest first and are printed oldest first. */
static void print_rows(const struct gv_audit_row *rows, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        fwrite(rows[i].line, 1, rows[i].line_len, stdout);
        putchar('\n');
    }
    fflush(stdout);
}

static bool count_events(struct gv_store_tx *tx, struct gv_arena *arena, const struct tail *tail,
                         int64_t *ret_count, struct gv_error *err)
{
    struct gv_audit_filter filter = {.entity_id = tail->decision, .limit = GV_STORE_PAGE_MAX};
    struct gv_audit_row *rows;
    size_t count = 0;
    *ret_count = 0;
    do {
        filter.offset = *ret_count;
        if (!gv_store_audit_list(tx, &filter, arena, &rows, &count, err))
            return false;
        *ret_count += (int64_t)count;
        gv_arena_reset(arena);
    } while (count == GV_STORE_PAGE_MAX);
    return true;
}

static bool read_tail(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct tail *tail = ctx;
    GV_CLEANUP(gv_arena_cleanup)
    struct gv_arena *arena = gv_arena_new(0);
    if (!arena)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    int64_t total = 0;
    if (!count_events(tx, arena, tail, &total, err))
        return false;
    struct gv_audit_filter filter = {.entity_id = tail->decision};
    filter.limit = tail->first ? tail->lines : total - tail->printed;
    if (filter.limit > GV_STORE_PAGE_MAX)
        filter.limit = GV_STORE_PAGE_MAX;
    struct gv_audit_row *rows;
    size_t count = 0;
    if (filter.limit > 0 && !gv_store_audit_list(tx, &filter, arena, &rows, &count, err))
        return false;
    if (count)
        print_rows(rows, count);
    tail->first = false;
    tail->printed = total;
    return true;
}

static int run_tail(struct gv_store *store, const struct gv_arguments *arguments)
{
    const char *lines = gv_argument(arguments, "lines");
    struct tail tail = {.decision = gv_argument(arguments, "decision"), .lines = 10, .first = true};
    struct gv_error err = GV_ERROR_INIT;
    char *end = NULL;
    if (lines)
        tail.lines = strtoll(lines, &end, 10);
    if (lines && (*end || tail.lines < 0 || tail.lines > GV_STORE_PAGE_MAX)) {
        fprintf(stderr, "gavel audit: --lines is \"%s\"; it takes 0 to %d\n", lines,
                GV_STORE_PAGE_MAX);
        return GV_EXIT_USAGE;
    }
    do {
        if (!gv_store_read_wait(store, read_tail, &tail, &err))
            return gv_cli_fail("audit", &err);
    } while (gv_argument(arguments, "follow") && usleep(FOLLOW_EVERY) == 0);
    return GV_EXIT_OK;
}

struct verification {
    struct gv_arena *arena;
    struct gv_audit_verdict verdict;
};

static bool read_verdict(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct verification *verification = ctx;
    return gv_audit_verify(tx, verification->arena, &verification->verdict, err);
}

static int run_verify(struct gv_store *store)
{
    struct gv_error err = GV_ERROR_INIT;
    GV_CLEANUP(gv_arena_cleanup)
    struct gv_arena *arena = gv_arena_new(0);
    struct verification verification = {.arena = arena};
    if (!arena || !gv_store_read_wait(store, read_verdict, &verification, &err))
        return gv_cli_fail("audit", &err);
    const struct gv_audit_verdict *verdict = &verification.verdict;
    if (verdict->valid) {
        printf("valid: %lld events\n", (long long)verdict->events);
        return GV_EXIT_OK;
    }
    printf("broken: writer %s, event %lld: %s\n", verdict->writer, (long long)verdict->seq,
           verdict->problem);
    return GV_EXIT_NO;
}

static int with_store(const struct gv_config *config, const struct gv_arguments *arguments,
                      bool verify)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_store_options options = {.url = config->store_url, .read_only = true};
    struct gv_store *store = gv_store_open(&options, &err);
    if (!store)
        return gv_cli_fail("audit", &err);
    int code = verify ? run_verify(store) : run_tail(store, arguments);
    gv_store_close(store);
    return code;
}

int gv_command_audit(const struct gv_arguments *arguments)
{
    const char *what = arguments->positional[0];
    bool verify = strcmp(what, "verify") == 0;
    if (!verify && strcmp(what, "tail") != 0) {
        fprintf(stderr, "gavel audit: \"%s\" is not known; it takes tail or verify\n", what);
        return GV_EXIT_USAGE;
    }
    struct gv_config config;
    if (!gv_cli_config("audit", arguments, &config))
        return GV_EXIT_NO;
    int code = with_store(&config, arguments, verify);
    gv_config_free(&config);
    return code;
}

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

/* Writers that are followed; there is one a replica. */
#define WRITERS_MAX 64

struct tail {
    const char *decision;
    int64_t lines;
    bool started;
    struct {
        char *name;
        int64_t seq; /* the last event that was seen */
    } writers[WRITERS_MAX];
    size_t writer_count;
};

static void print_row(const struct gv_audit_row *row)
{
    fwrite(row->line, 1, row->line_len, stdout);
    putchar('\n');
}

/* The last events; rows come newest first and are printed oldest first. */
static bool print_last(struct gv_store_tx *tx, const struct tail *tail, struct gv_arena *arena,
                       struct gv_error *err)
{
    struct gv_audit_filter filter = {.entity_id = tail->decision, .limit = tail->lines};
    struct gv_audit_row *rows = NULL;
    size_t count = 0;
    if (tail->lines > 0 && !gv_store_audit_list(tx, &filter, arena, &rows, &count, err))
        return false;
    for (size_t i = count; i-- > 0;)
        print_row(&rows[i]);
    return true;
}

static bool is_wanted(const struct tail *tail, const struct gv_audit_row *row)
{
    return !tail->decision || (row->entity_id && strcmp(row->entity_id, tail->decision) == 0);
}

/* What one writer added since the last look. */
static bool print_new(struct gv_store_tx *tx, struct tail *tail, size_t writer,
                      struct gv_arena *arena, struct gv_error *err)
{
    struct gv_audit_row *rows;
    size_t count;
    if (!gv_store_audit_after(tx, tail->writers[writer].name, tail->writers[writer].seq,
                              GV_STORE_PAGE_MAX, arena, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(tail, &rows[i]))
            print_row(&rows[i]);
        tail->writers[writer].seq = rows[i].seq;
    }
    return true;
}

/* The place of a writer in the tail; a new one begins at the end of its chain at first, later at
 * its start. */
static bool find_writer(struct gv_store_tx *tx, struct tail *tail, const char *name,
                        struct gv_arena *arena, size_t *ret_at, struct gv_error *err)
{
    for (*ret_at = 0; *ret_at < tail->writer_count; (*ret_at)++) {
        if (strcmp(tail->writers[*ret_at].name, name) == 0)
            return true;
    }
    if (tail->writer_count == WRITERS_MAX)
        return gv_error_set(err, GV_ERROR_LIMIT, "more than %d writers", WRITERS_MAX);
    int64_t epoch, seq = 0;
    const char *hash;
    gv_time at;
    if (!tail->started && !gv_store_audit_head(tx, name, arena, &epoch, &seq, &hash, &at, err))
        return false;
    tail->writers[tail->writer_count].name = strdup(name);
    tail->writers[tail->writer_count].seq = seq;
    return tail->writers[tail->writer_count++].name ||
           gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static bool read_tail(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct tail *tail = ctx;
    GV_CLEANUP(gv_arena_cleanup)
    struct gv_arena *arena = gv_arena_new(0);
    if (!arena)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    const char **names;
    size_t count, at;
    if (!gv_store_audit_writers(tx, arena, &names, &count, err))
        return false;
    if (!tail->started && !print_last(tx, tail, arena, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!find_writer(tx, tail, names[i], arena, &at, err) ||
            !print_new(tx, tail, at, arena, err))
            return false;
    }
    tail->started = true;
    fflush(stdout);
    return true;
}

static void free_tail(struct tail *tail)
{
    while (tail->writer_count)
        free(tail->writers[--tail->writer_count].name);
}

/* How many lines are asked for; false, and said, when that is no number. */
static bool read_lines(const struct gv_arguments *arguments, int64_t *ret_lines)
{
    const char *lines = gv_argument(arguments, "lines");
    char *end = NULL;
    *ret_lines = lines ? strtoll(lines, &end, 10) : 10;
    if (!lines || (lines[0] && !*end && *ret_lines >= 0 && *ret_lines <= GV_STORE_PAGE_MAX))
        return true;
    fprintf(stderr, "gavel audit: --lines is \"%s\"; it takes 0 to %d\n", lines, GV_STORE_PAGE_MAX);
    return false;
}

static int run_tail(struct gv_store *store, const struct gv_arguments *arguments, int64_t lines)
{
    struct tail tail = {.decision = gv_argument(arguments, "decision"), .lines = lines};
    struct gv_error err = GV_ERROR_INIT;
    bool done;
    do {
        done = gv_store_read_wait(store, read_tail, &tail, &err);
    } while (done && gv_argument(arguments, "follow") && usleep(FOLLOW_EVERY) == 0);
    free_tail(&tail);
    return done ? GV_EXIT_OK : gv_cli_fail("audit", &err);
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
                      bool verify, int64_t lines)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_store_options options = {.url = config->store_url, .read_only = true};
    struct gv_store *store = gv_store_open(&options, &err);
    if (!store)
        return gv_cli_fail("audit", &err);
    int code = verify ? run_verify(store) : run_tail(store, arguments, lines);
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
    int64_t lines;
    if (!read_lines(arguments, &lines))
        return GV_EXIT_USAGE;
    struct gv_config config;
    if (!gv_cli_config("audit", arguments, &config))
        return GV_EXIT_NO;
    int code = with_store(&config, arguments, verify, lines);
    gv_config_free(&config);
    return code;
}

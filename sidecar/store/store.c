/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/store.h"
#include "policies/engine/base/panic.h"
#include "sidecar/store/limits.h"
#include "sidecar/store/migrations.h"
#include "sidecar/store/queue.h"
#include "sidecar/store/sql.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The store's threads: one that writes in groups, few that read. Everything else about transactions
 * is the engine's. */

struct reader {
    struct gv_store *store;
    struct gv_connection *connection;
    pthread_t thread;
    bool started;
};

struct gv_store {
    const struct gv_engine *engine;
    struct gv_database *database;
    struct gv_connection *writer; /* NULL: read only */
    pthread_t writer_thread;
    bool writer_started;
    struct reader readers[GV_STORE_READERS];
    struct gv_queue *writes;
    struct gv_queue *reads;
    pthread_mutex_t mutex; /* of trouble */
    char trouble[GV_ERROR_MESSAGE_SIZE];
};

/* --- answers --- */

static void finish(void *ctx)
{
    struct gv_job *job = ctx;
    if (job->done) {
        job->done(job->ctx, job->failed ? &job->err : NULL);
    }
    free(job);
}

/* Hands the answer to its loop. Its caller holds a connection open for it, and may have something
 * durable to tell, so an answer that cannot even be queued is waited for. */
static void answer(struct gv_job *job)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    if (!job->loop) {
        finish(job);
        return;
    }
    for (unsigned tries = 0; !gv_loop_post(job->loop, finish, job); tries++) {
        gv_invariant(tries < 10000, "no memory to answer a transaction for 10 seconds");
        nanosleep(&pause, NULL);
    }
}

static void fail_job(struct gv_job *job, const struct gv_error *err)
{
    job->failed = true;
    job->err = *err;
}

/* --- trouble --- */

static bool in_trouble(struct gv_store *store)
{
    pthread_mutex_lock(&store->mutex);
    bool trouble = store->trouble[0] != '\0';
    pthread_mutex_unlock(&store->mutex);
    return trouble;
}

/* Remembers whether the store is usable; says so once at each change. */
static void set_trouble(struct gv_store *store, const struct gv_error *err)
{
    pthread_mutex_lock(&store->mutex);
    bool before = store->trouble[0] != '\0';
    snprintf(store->trouble, sizeof(store->trouble), "%s", err ? err->message : "");
    pthread_mutex_unlock(&store->mutex);
    if (err && !before) {
        gv_log(GV_LOG_ERROR, "store", "The store takes no writes",
               GV_LOG_S("reason", err->message));
    } else if (!err && before) {
        gv_log(GV_LOG_INFO, "store", "The store takes writes again");
    }
}

const char *gv_store_trouble(struct gv_store *store, char *buf, size_t size)
{
    pthread_mutex_lock(&store->mutex);
    bool trouble = store->trouble[0] != '\0';
    snprintf(buf, size, "%s", store->trouble);
    pthread_mutex_unlock(&store->mutex);
    return trouble ? buf : NULL;
}

/* --- writing --- */

/* Runs one job in a savepoint. False when the whole transaction is gone, with why in *lost. */
static bool run_in_savepoint(struct gv_store *store, struct gv_job *job, struct gv_error *lost)
{
    struct gv_store_tx tx = {.connection = store->writer, .now = gv_clock_wall()};
    struct gv_error err = {.code = GV_ERROR_INVALID, .message = "the work failed without a reason"};
    if (!gv_sql_run(&tx, "SAVEPOINT work", NULL, 0, NULL, lost)) {
        return false;
    }
    bool ok = job->work(&tx, job->ctx, &err);
    if (!store->engine->in_transaction(store->writer)) {
        *lost = err;
        return false;
    }
    if (!ok) {
        fail_job(job, &err);
        if (!gv_sql_run(&tx, "ROLLBACK TO SAVEPOINT work", NULL, 0, NULL, lost)) {
            return false;
        }
    }
    return gv_sql_run(&tx, "RELEASE SAVEPOINT work", NULL, 0, NULL, lost);
}

/* All jobs of a group that was not committed fail with it: what they did is undone. Those that had
 * failed by themselves keep their own reason. */
static void fail_group(struct gv_job **jobs, size_t count, const struct gv_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!jobs[i]->failed) {
            fail_job(jobs[i], err);
        }
    }
}

static size_t succeeded(struct gv_job **jobs, size_t count)
{
    size_t good = 0;
    for (size_t i = 0; i < count; i++) {
        good += jobs[i]->failed ? 0 : 1;
    }
    return good;
}

static bool commit_group(struct gv_store *store, struct gv_error *err)
{
    gv_time start = gv_clock_monotonic();
    if (!store->engine->commit(store->writer, err)) {
        return false;
    }
    gv_metric_observe(GV_METRIC_STORE_COMMIT_SECONDS,
                      (double)(gv_clock_monotonic() - start) / (double)GV_SECOND);
    return true;
}

/* One transaction for all jobs. False when nothing of it is durable. */
static bool run_group(struct gv_store *store, struct gv_job **jobs, size_t count,
                      struct gv_error *err)
{
    if (!store->engine->begin(store->writer, true, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!run_in_savepoint(store, jobs[i], err)) {
            store->engine->rollback(store->writer);
            return false;
        }
    }
    if (succeeded(jobs, count) == 0) {
        /* Nothing to sync. */
        store->engine->rollback(store->writer);
        return true;
    }
    return commit_group(store, err);
}

static void count_results(struct gv_job **jobs, size_t count, bool durable)
{
    size_t good = succeeded(jobs, count);
    if (!durable) {
        gv_metric_add(GV_METRIC_STORE_COMMITS, (int64_t)count, "failed");
        return;
    }
    if (good > 0) {
        gv_metric_add(GV_METRIC_STORE_COMMITS, (int64_t)good, "committed");
    }
    if (good < count) {
        gv_metric_add(GV_METRIC_STORE_COMMITS, (int64_t)(count - good), "rolled_back");
    }
}

static void write_group(struct gv_store *store, struct gv_job **jobs, size_t count)
{
    struct gv_error err = GV_ERROR_INIT;
    bool durable = run_group(store, jobs, count, &err);
    if (!durable) {
        fail_group(jobs, count, &err);
        set_trouble(store, &err);
    } else if (succeeded(jobs, count) > 0) {
        set_trouble(store, NULL);
    }
    count_results(jobs, count, durable);
    for (size_t i = 0; i < count; i++) {
        answer(jobs[i]);
    }
}

/*
 * Writes something small. After trouble it tells whether the disk takes writes again; and it puts a
 * new commit over the remains of one whose sync failed, which could otherwise come back to life at
 * the next start although its caller was told that it failed.
 */
static void probe(struct gv_store *store)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_store_tx tx = {.connection = store->writer, .now = gv_clock_wall()};
    const struct gv_value values[] = {gv_value_int(tx.now)};
    bool ok = store->engine->begin(store->writer, true, &err);
    if (ok && !gv_sql_run(&tx,
                          "INSERT INTO leases (name, owner, held_until) VALUES ('probe', '', $1)"
                          " ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until",
                          values, 1, NULL, &err)) {
        store->engine->rollback(store->writer);
        ok = false;
    }
    ok = ok && store->engine->commit(store->writer, &err);
    set_trouble(store, ok ? NULL : &err);
}

static void *run_writer(void *ctx)
{
    struct gv_store *store = ctx;
    struct gv_job *jobs[GV_STORE_GROUP];
    bool closed = false;
    while (!closed) {
        gv_duration patience = in_trouble(store) ? GV_STORE_PROBE : -1;
        size_t count = gv_queue_take(store->writes, jobs, GV_STORE_GROUP, patience, &closed);
        if (count > 0) {
            write_group(store, jobs, count);
        } else if (!closed) {
            probe(store);
        }
    }
    return NULL;
}

/* --- reading --- */

static void read_job(struct reader *reader, struct gv_job *job)
{
    const struct gv_engine *engine = reader->store->engine;
    struct gv_store_tx tx = {.connection = reader->connection, .now = gv_clock_wall()};
    struct gv_error err = {.code = GV_ERROR_INVALID, .message = "the work failed without a reason"};
    if (!engine->begin(reader->connection, false, &err) || !job->work(&tx, job->ctx, &err)) {
        fail_job(job, &err);
    }
    engine->rollback(reader->connection);
    answer(job);
}

static void *run_reader(void *ctx)
{
    struct reader *reader = ctx;
    struct gv_job *job;
    bool closed = false;
    while (!closed) {
        if (gv_queue_take(reader->store->reads, &job, 1, -1, &closed) > 0) {
            read_job(reader, job);
        }
    }
    return NULL;
}

/* --- queueing --- */

static bool queue_job(struct gv_queue *queue, const struct gv_job *what, struct gv_error *err)
{
    struct gv_job *job = malloc(sizeof(*job));
    if (!job) {
        return gv_error_set(err, GV_ERROR_MEMORY, "no memory for a transaction");
    }
    *job = *what;
    if (!gv_queue_put(queue, job, err)) {
        free(job);
        return false;
    }
    return true;
}

bool gv_store_write(struct gv_store *store, gv_store_work work, struct gv_loop *loop,
                    gv_store_done done, void *ctx, struct gv_error *err)
{
    if (!store->writer) {
        return gv_error_set(err, GV_ERROR_REFUSED, "the store is open for reading only");
    }
    const struct gv_job job = {.work = work, .done = done, .loop = loop, .ctx = ctx};
    return queue_job(store->writes, &job, err);
}

bool gv_store_read(struct gv_store *store, gv_store_work work, struct gv_loop *loop,
                   gv_store_done done, void *ctx, struct gv_error *err)
{
    const struct gv_job job = {.work = work, .done = done, .loop = loop, .ctx = ctx};
    return queue_job(store->reads, &job, err);
}

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    gv_store_work work;
    void *ctx;
    bool finished;
    bool failed;
    struct gv_error err;
};

static bool waiter_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct waiter *waiter = ctx;
    return waiter->work(tx, waiter->ctx, err);
}

static void waiter_done(void *ctx, const struct gv_error *err)
{
    struct waiter *waiter = ctx;
    pthread_mutex_lock(&waiter->mutex);
    waiter->finished = true;
    waiter->failed = err != NULL;
    if (err) {
        waiter->err = *err;
    }
    pthread_cond_signal(&waiter->changed);
    pthread_mutex_unlock(&waiter->mutex);
}

static bool wait_for(struct waiter *waiter, struct gv_error *err)
{
    pthread_mutex_lock(&waiter->mutex);
    while (!waiter->finished) {
        pthread_cond_wait(&waiter->changed, &waiter->mutex);
    }
    pthread_mutex_unlock(&waiter->mutex);
    if (waiter->failed && err) {
        *err = waiter->err;
    }
    return !waiter->failed;
}

bool gv_store_write_wait(struct gv_store *store, gv_store_work work, void *ctx,
                         struct gv_error *err)
{
    struct waiter waiter = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER,
                            .work = work,
                            .ctx = ctx};
    return gv_store_write(store, waiter_work, NULL, waiter_done, &waiter, err) &&
           wait_for(&waiter, err);
}

bool gv_store_read_wait(struct gv_store *store, gv_store_work work, void *ctx, struct gv_error *err)
{
    struct waiter waiter = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER,
                            .work = work,
                            .ctx = ctx};
    return gv_store_read(store, waiter_work, NULL, waiter_done, &waiter, err) &&
           wait_for(&waiter, err);
}

gv_time gv_store_now(const struct gv_store_tx *tx)
{
    return tx->now;
}

/* --- opening and closing --- */

/* Calls that a dead process had under way have no answer and, as the answer is written with the
 * effect, no effect either: their callers may try again. */
static bool forget_unfinished(struct gv_store *store, struct gv_error *err)
{
    return !store->engine->exclusive ||
           store->engine->execute(store->writer, "DELETE FROM idempotency_keys WHERE status = 0",
                                  err);
}

static bool prepare_database(struct gv_store *store, bool read_only, struct gv_error *err)
{
    if (read_only) {
        store->readers[0].connection = store->engine->connect(store->database, true, err);
        return store->readers[0].connection &&
               gv_migrations_check(store->readers[0].connection, err);
    }
    store->writer = store->engine->connect(store->database, false, err);
    return store->writer && store->engine->check(store->writer, err) &&
           gv_migrations_run(store->writer, gv_clock_wall(), err) && forget_unfinished(store, err);
}

static bool start_thread(pthread_t *thread, const char *name, void *(*run)(void *ctx), void *ctx,
                         struct gv_error *err)
{
    int code = pthread_create(thread, NULL, run, ctx);
    if (code != 0) {
        return gv_error_set_errno(err, GV_ERROR_LIMIT, code, "cannot start the thread %s", name);
    }
    pthread_setname_np(*thread, name);
    return true;
}

static bool start_threads(struct gv_store *store, struct gv_error *err)
{
    for (size_t i = 0; i < GV_STORE_READERS; i++) {
        struct reader *reader = &store->readers[i];
        reader->store = store;
        if (!reader->connection) {
            reader->connection = store->engine->connect(store->database, true, err);
        }
        reader->started = reader->connection &&
                          start_thread(&reader->thread, "store-read", run_reader, reader, err);
        if (!reader->started) {
            return false;
        }
    }
    store->writer_started =
        store->writer && start_thread(&store->writer_thread, "store-write", run_writer, store, err);
    return store->writer_started || !store->writer;
}

/* The engine of a URL, with the rest of the URL in *ret_where. */
static const struct gv_engine *find_engine(const char *url, const char **ret_where)
{
    static const struct gv_engine *const engines[] = {&GV_ENGINE_SQLITE};
    for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
        size_t length = strlen(engines[i]->scheme);
        if (strncmp(url, engines[i]->scheme, length) == 0 && url[length] != '\0') {
            *ret_where = url + length;
            return engines[i];
        }
    }
    return NULL;
}

struct gv_store *gv_store_open(const struct gv_store_options *options, struct gv_error *err)
{
    const char *where;
    const struct gv_engine *engine = find_engine(options->url, &where);
    if (!engine) {
        gv_error_set(err, GV_ERROR_INVALID,
                     "\"%s\" is no URL of a store; write sqlite:/path/to/gavel.db", options->url);
        return NULL;
    }
    struct gv_store *store = calloc(1, sizeof(*store));
    if (!store) {
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for the store");
        return NULL;
    }
    pthread_mutex_init(&store->mutex, NULL);
    store->engine = engine;
    store->writes = gv_queue_new(GV_STORE_QUEUE);
    store->reads = gv_queue_new(GV_STORE_QUEUE);
    bool ok = (store->writes && store->reads) ||
              gv_error_set(err, GV_ERROR_MEMORY, "no memory for the store");
    ok = ok && (store->database = engine->open(where, options->read_only, err)) != NULL;
    ok = ok &&
         (prepare_database(store, options->read_only, err) || gv_error_prefix(err, "%s", where));
    if (!ok || !start_threads(store, err)) {
        gv_store_close(store);
        return NULL;
    }
    return store;
}

/* Ends threads first, writers before readers: the last write may be waited for by a read. */
static void stop_threads(struct gv_store *store)
{
    if (store->writes) {
        gv_queue_close(store->writes);
    }
    if (store->writer_started) {
        pthread_join(store->writer_thread, NULL);
    }
    if (store->reads) {
        gv_queue_close(store->reads);
    }
    for (size_t i = 0; i < GV_STORE_READERS; i++) {
        if (store->readers[i].started) {
            pthread_join(store->readers[i].thread, NULL);
        }
    }
}

struct gv_store *gv_store_close(struct gv_store *store)
{
    if (!store) {
        return NULL;
    }
    stop_threads(store);
    /* Readers first: the last connection to go folds the log into the database, and only the writer
     * may write. */
    for (size_t i = 0; i < GV_STORE_READERS; i++) {
        store->engine->disconnect(store->readers[i].connection);
    }
    store->engine->disconnect(store->writer);
    store->engine->close(store->database);
    gv_queue_free(store->writes);
    gv_queue_free(store->reads);
    pthread_mutex_destroy(&store->mutex);
    free(store);
    return NULL;
}

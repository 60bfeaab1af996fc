/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sidecar/store/limits.h"
#include "sidecar/store/uuid.h"

/* --- grouping --- */

struct counted {
    const char *id;
    bool fail;
    atomic_int *finished;
    atomic_int *failed;
};

static bool counted_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct counted *counted = ctx;
    struct gv_decision decision = fixture_decision(counted->id);
    decision.type = "other";
    return gv_store_decision_insert(tx, &decision, err) &&
           (!counted->fail || gv_error_set(err, GV_ERROR_REFUSED, "as it was asked to"));
}

static void counted_done(void *ctx, const struct gv_error *err)
{
    struct counted *counted = ctx;
    if (err) {
        assert_int_equal(err->code, GV_ERROR_REFUSED);
        atomic_fetch_add(counted->failed, 1);
    }
    atomic_fetch_add(counted->finished, 1);
}

static void wait_until(atomic_int *value, int wanted)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 20000 && atomic_load(value) < wanted; i++) {
        nanosleep(&pause, NULL);
    }
    assert_int_equal(atomic_load(value), wanted);
}

static void rolls_back_one_of_a_group_alone(void **state)
{
    enum { COUNT = 200 };
    struct fixture *fixture = *state;
    static char ids[COUNT][16];
    static struct counted jobs[COUNT];
    atomic_int finished = 0;
    atomic_int failed = 0;
    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof(ids[i]), "d%d", i);
        jobs[i] = (struct counted){ids[i], i % 5 == 0, &finished, &failed};
        assert_true(gv_store_write(fixture->store, counted_work, NULL, counted_done, &jobs[i],
                                   &fixture->err));
    }

    wait_until(&finished, COUNT);

    assert_int_equal(atomic_load(&failed), COUNT / 5);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM decisions"), COUNT * 4 / 5);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM decisions WHERE id = 'd5'"), 0);
}

/* --- many threads --- */

struct rival {
    struct fixture *fixture;
    pthread_t thread;
    int won;
};

static bool race_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_decision *decision = ctx;
    return gv_store_decision_update(tx, decision, err);
}

static void *race(void *ctx)
{
    struct rival *rival = ctx;
    struct gv_error err;
    struct gv_decision decision = fixture_decision("d1");
    decision.state = GV_STATE_APPROVED;
    if (gv_store_write_wait(rival->fixture->store, race_work, &decision, &err)) {
        rival->won = 1;
    } else if (err.code != GV_ERROR_STALE) {
        rival->won = 1000;
    }
    return NULL;
}

static void lets_one_of_many_writers_win(void **state)
{
    struct rival rivals[16];
    struct gv_decision decision = fixture_decision("d1");
    int won = 0;
    assert_true(fixture_insert(*state, &decision));
    for (int i = 0; i < 16; i++) {
        rivals[i] = (struct rival){.fixture = *state};
        assert_int_equal(pthread_create(&rivals[i].thread, NULL, race, &rivals[i]), 0);
    }
    for (int i = 0; i < 16; i++) {
        pthread_join(rivals[i].thread, NULL);
        won += rivals[i].won;
    }

    assert_int_equal(won, 1);
    assert_int_equal(fixture_number(*state, "SELECT version FROM decisions"), 2);
}

static bool busy_read(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    int64_t count;
    (void)ctx;
    return gv_store_decision_count(tx, GV_STATE_PENDING, &count, err);
}

static void *read_and_write(void *ctx)
{
    struct rival *rival = ctx;
    struct gv_error err;
    char id[GV_UUID_SIZE];
    for (int i = 0; i < 100; i++) {
        struct gv_decision decision = fixture_decision(gv_uuid_new(1000000, id));
        struct counted counted = {.id = decision.id};
        rival->won += gv_store_write_wait(rival->fixture->store, counted_work, &counted, &err) &&
                      gv_store_read_wait(rival->fixture->store, busy_read, NULL, &err);
    }
    return NULL;
}

static void serves_many_threads(void **state)
{
    struct rival rivals[8];
    for (int i = 0; i < 8; i++) {
        rivals[i] = (struct rival){.fixture = *state};
        assert_int_equal(pthread_create(&rivals[i].thread, NULL, read_and_write, &rivals[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(rivals[i].thread, NULL);
        assert_int_equal(rivals[i].won, 100);
    }
    assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM decisions"), 800);
}

/* --- answers on a loop --- */

struct looped {
    struct gv_loop *loop;
    pthread_t loop_thread;
    int answers;
};

static void looped_done(void *ctx, const struct gv_error *err)
{
    struct looped *looped = ctx;
    assert_null(err);
    assert_true(pthread_equal(pthread_self(), looped->loop_thread));
    if (++looped->answers == 2) {
        gv_loop_stop(looped->loop);
    }
}

static bool nothing(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    (void)ctx;
    (void)err;
    return gv_store_now(tx) > 0;
}

static void answers_on_the_loop_that_asked(void **state)
{
    struct fixture *fixture = *state;
    struct looped looped = {gv_loop_new(&fixture->err), pthread_self(), 0};
    assert_non_null(looped.loop);
    assert_true(
        gv_store_write(fixture->store, nothing, looped.loop, looped_done, &looped, &fixture->err));
    assert_true(
        gv_store_read(fixture->store, nothing, looped.loop, looped_done, &looped, &fixture->err));

    gv_loop_run(looped.loop);

    assert_int_equal(looped.answers, 2);
    gv_loop_free(looped.loop);
}

/* --- limits --- */

static atomic_int gate;

static bool wait_at_gate(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    (void)tx;
    (void)err;
    atomic_store((atomic_int *)ctx, 1);
    while (!atomic_load(&gate)) {
        nanosleep(&pause, NULL);
    }
    return true;
}

static void refuses_more_than_the_queue_holds(void **state)
{
    struct fixture *fixture = *state;
    atomic_int begun = 0;
    atomic_store(&gate, 0);
    assert_true(gv_store_write(fixture->store, wait_at_gate, NULL, NULL, &begun, &fixture->err));
    wait_until(&begun, 1);
    for (int i = 0; i < GV_STORE_QUEUE; i++) {
        assert_true(gv_store_write(fixture->store, nothing, NULL, NULL, NULL, &fixture->err));
    }

    bool one_more = gv_store_write(fixture->store, nothing, NULL, NULL, NULL, &fixture->err);
    atomic_store(&gate, 1);

    assert_false(one_more);
    assert_int_equal(fixture->err.code, GV_ERROR_UNAVAILABLE);
    assert_true(fixture_write(fixture, nothing, NULL) || fixture->err.code == GV_ERROR_UNAVAILABLE);
}

/* --- dead processes --- */

/* Writes decisions and says the id of each on `out` once it was told that it is durable. */
static _Noreturn void write_for_ever(const char *url, int out)
{
    struct gv_error err;
    const struct gv_store_options options = {.url = url};
    struct gv_store *store = gv_store_open(&options, &err);
    for (int i = 0; store; i++) {
        char id[GV_UUID_SIZE];
        struct counted counted = {.id = gv_uuid_new(gv_clock_wall(), id)};
        if (!gv_store_write_wait(store, counted_work, &counted, &err) ||
            write(out, id, sizeof(id)) != (ssize_t)sizeof(id)) {
            break;
        }
    }
    _exit(1);
}

static void loses_nothing_acknowledged_to_sigkill(void **state)
{
    struct fixture *fixture = *state;
    fixture->store = gv_store_close(fixture->store);
    for (int round = 0; round < 12; round++) {
        int pipes[2];
        char id[GV_UUID_SIZE];
        char sql[128];
        int read_ids = 0;
        const struct timespec life = {.tv_nsec = 20000000 + round * 7000000};
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) {
            close(pipes[0]);
            write_for_ever(fixture->url, pipes[1]);
        }
        close(pipes[1]);
        assert_int_equal(read(pipes[0], id, sizeof(id)), sizeof(id));
        nanosleep(&life, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        do {
            snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM decisions WHERE id = '%s'", id);
            assert_int_equal(fixture_number(fixture, sql), 1);
            read_ids++;
        } while (read(pipes[0], id, sizeof(id)) == (ssize_t)sizeof(id));
        close(pipes[0]);
        assert_true(read_ids > 0);
    }
    fixture_reopen(fixture);
}

/* --- a full disk --- */

static bool big_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct gv_decision decision = fixture_decision(ctx);
    char *text = malloc(100001);
    memset(text, 'x', 100000);
    text[100000] = '\0';
    decision.type = "other";
    decision.description = text;
    bool ok = gv_store_decision_insert(tx, &decision, err);
    free(text);
    return ok;
}

static void fill_files(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void survives_a_full_disk(void **state)
{
    struct fixture *fixture = *state;
    char trouble[256];
    char id[16];
    int written = 0;
    signal(SIGXFSZ, SIG_IGN);
    fill_files(1000000);

    for (int i = 0; i < 30; i++) {
        snprintf(id, sizeof(id), "d%02d", i);
        written += fixture_write(fixture, big_work, id);
    }
    bool said = gv_store_trouble(fixture->store, trouble, sizeof(trouble)) != NULL;
    enum gv_error_code code = fixture->err.code;
    fill_files(RLIM_INFINITY);

    assert_in_range(written, 1, 29);
    assert_true(said);
    assert_int_equal(code, GV_ERROR_IO);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM decisions"), written);

    /* The store finds out by itself. */
    const struct timespec pause = {.tv_nsec = 50000000};
    for (int i = 0; i < 100 && gv_store_trouble(fixture->store, trouble, sizeof(trouble)); i++) {
        nanosleep(&pause, NULL);
    }
    assert_null(gv_store_trouble(fixture->store, trouble, sizeof(trouble)));
    snprintf(id, sizeof(id), "after");
    assert_true(fixture_write(fixture, big_work, id));
    fixture_reopen(fixture);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM decisions"), written + 1);
}

/* --- opening --- */

static struct gv_store *try_open(const char *url, bool read_only, struct gv_error *err)
{
    const struct gv_store_options options = {.url = url, .read_only = read_only};
    return gv_store_open(&options, err);
}

static void overwrite(const char *path, off_t offset, size_t length)
{
    int fd = open(path, O_WRONLY);
    char junk[4096];
    memset(junk, 0xA5, sizeof(junk));
    assert_true(fd >= 0);
    for (size_t done = 0; done < length; done += sizeof(junk)) {
        assert_true(pwrite(fd, junk, sizeof(junk), offset + (off_t)done) > 0);
    }
    close(fd);
}

static void refuses_a_file_that_is_no_database(void **state)
{
    struct fixture *fixture = *state;
    fixture->store = gv_store_close(fixture->store);
    overwrite(fixture->path, 0, 4096);

    assert_null(try_open(fixture->url, false, &fixture->err));

    assert_int_equal(fixture->err.code, GV_ERROR_CORRUPT);
    assert_non_null(strstr(fixture->err.message, fixture->path));
}

static void refuses_a_damaged_database(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    assert_true(fixture_insert(fixture, &decision));
    fixture->store = gv_store_close(fixture->store);
    overwrite(fixture->path, 8192, 16384);

    assert_null(try_open(fixture->url, false, &fixture->err));

    assert_int_equal(fixture->err.code, GV_ERROR_CORRUPT);
}

static void refuses_a_newer_schema(void **state)
{
    struct fixture *fixture = *state;
    fixture->store = gv_store_close(fixture->store);
    fixture_sql(fixture, "INSERT INTO schema_migrations VALUES (1000, 'future', 1)", NULL);

    for (int read_only = 0; read_only < 2; read_only++) {
        assert_null(try_open(fixture->url, read_only, &fixture->err));
        assert_int_equal(fixture->err.code, GV_ERROR_REFUSED);
        assert_non_null(strstr(fixture->err.message, "schema 1000"));
    }
}

static void tells_a_reader_to_migrate_first(void **state)
{
    struct fixture *fixture = *state;
    fixture->store = gv_store_close(fixture->store);
    fixture_sql(fixture, "DELETE FROM schema_migrations", NULL);

    assert_null(try_open(fixture->url, true, &fixture->err));

    assert_int_equal(fixture->err.code, GV_ERROR_REFUSED);
}

static void migrates_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t before = fixture_number(fixture, "SELECT COUNT(*) FROM schema_migrations");

    fixture_reopen(fixture);

    assert_true(before > 0);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM schema_migrations"), before);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM decision_states"),
                     GV_STATE_COUNT);
}

static void refuses_a_second_process(void **state)
{
    struct fixture *fixture = *state;
    char pid[32];

    assert_null(try_open(fixture->url, false, &fixture->err));

    snprintf(pid, sizeof(pid), "pid %ld;", (long)getpid());
    assert_int_equal(fixture->err.code, GV_ERROR_UNAVAILABLE);
    assert_non_null(strstr(fixture->err.message, pid));
}

static void reads_beside_a_writer(void **state)
{
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    assert_true(fixture_insert(fixture, &decision));
    struct gv_store *reader = try_open(fixture->url, true, &fixture->err);
    assert_non_null(reader);
    assert_true(gv_store_read_wait(reader, busy_read, NULL, &fixture->err));

    assert_false(gv_store_write_wait(reader, nothing, NULL, &fixture->err));

    assert_int_equal(fixture->err.code, GV_ERROR_REFUSED);
    gv_store_close(reader);
}

static void refuses_urls_that_keep_nothing(void **state)
{
    static const struct {
        const char *url;
        bool read_only;
        enum gv_error_code code;
    } cases[] = {
        {"", false, GV_ERROR_INVALID},
        {"gavel.db", false, GV_ERROR_INVALID},
        {"sqlite:", false, GV_ERROR_INVALID},
        {"sqlite::memory:", false, GV_ERROR_INVALID},
        {"mysql://host/db", false, GV_ERROR_INVALID},
        {"sqlite:/tmp/no/such/directory/gavel.db", false, GV_ERROR_IO},
        {"sqlite:/tmp/gavel-no-such-file.db", true, GV_ERROR_NOT_FOUND},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(try_open(cases[i].url, cases[i].read_only, &fixture->err));
        assert_int_equal(fixture->err.code, cases[i].code);
    }
}

static void keeps_its_files_private(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    struct fixture *fixture = *state;
    struct gv_decision decision = fixture_decision("d1");
    assert_true(fixture_insert(fixture, &decision));
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char path[160];
        struct stat file;
        snprintf(path, sizeof(path), "%s%s", fixture->path, suffixes[i]);
        assert_int_equal(stat(path, &file), 0);
        assert_int_equal(file.st_mode & 0777, 0600);
    }
}

static void finishes_what_was_queued_before_it_closes(void **state)
{
    struct fixture *fixture = *state;
    static char ids[100][16];
    static struct counted jobs[100];
    atomic_int finished = 0;
    atomic_int failed = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(ids[i], sizeof(ids[i]), "d%d", i);
        jobs[i] = (struct counted){ids[i], false, &finished, &failed};
        assert_true(gv_store_write(fixture->store, counted_work, NULL, counted_done, &jobs[i],
                                   &fixture->err));
    }

    fixture->store = gv_store_close(fixture->store);

    assert_int_equal(atomic_load(&finished), 100);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM decisions"), 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(rolls_back_one_of_a_group_alone),
        TEST(lets_one_of_many_writers_win),
        TEST(serves_many_threads),
        TEST(answers_on_the_loop_that_asked),
        TEST(refuses_more_than_the_queue_holds),
        TEST(loses_nothing_acknowledged_to_sigkill),
        TEST(survives_a_full_disk),
        TEST(refuses_a_file_that_is_no_database),
        TEST(refuses_a_damaged_database),
        TEST(refuses_a_newer_schema),
        TEST(tells_a_reader_to_migrate_first),
        TEST(migrates_once),
        TEST(refuses_a_second_process),
        TEST(reads_beside_a_writer),
        TEST(refuses_urls_that_keep_nothing),
        TEST(keeps_its_files_private),
        TEST(finishes_what_was_queued_before_it_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include "sidecar/store/limits.h"
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static bool append_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_audit_append(tx, ctx, err);
}

static struct gv_audit_row event(const char *writer, int64_t seq)
{
    return (struct gv_audit_row){.writer = writer,
                                 .epoch = 1,
                                 .seq = seq,
                                 .at = 100 + seq,
                                 .workspace = "default",
                                 .event_type = seq % 2 ? "ODD" : "EVEN",
                                 .entity_type = "decision",
                                 .entity_id = "d1",
                                 .resource = "model/churn/v1",
                                 .actor = "idp|ann",
                                 .line = "{\"v\":1}",
                                 .line_len = 7,
                                 .hash = HASH};
}

static bool append(struct fixture *fixture, const char *writer, int64_t seq)
{
    struct gv_audit_row row = event(writer, seq);
    return fixture_write(fixture, append_work, &row);
}

struct query {
    struct fixture *fixture;
    struct gv_audit_filter filter;
    int64_t after;
    struct gv_audit_row *rows;
    const char **writers;
    size_t count;
    int64_t epoch, seq;
    const char *hash;
    gv_time at;
};

static bool head_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct query *query = ctx;
    return gv_store_audit_head(tx, "w1", query->fixture->arena, &query->epoch, &query->seq,
                               &query->hash, &query->at, err);
}

static bool list_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct query *query = ctx;
    return gv_store_audit_list(tx, &query->filter, query->fixture->arena, &query->rows,
                               &query->count, err);
}

static bool after_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct query *query = ctx;
    return gv_store_audit_after(tx, "w1", query->after, 2, query->fixture->arena, &query->rows,
                                &query->count, err);
}

static bool writers_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct query *query = ctx;
    return gv_store_audit_writers(tx, query->fixture->arena, &query->writers, &query->count, err);
}

static void knows_the_end_of_a_chain(void **state)
{
    struct query query = {.fixture = *state};
    assert_true(fixture_read(*state, head_work, &query));
    assert_int_equal(query.seq, 0);
    assert_string_equal(query.hash, "");

    assert_true(append(*state, "w1", 1));
    assert_true(append(*state, "w1", 2));
    assert_true(append(*state, "w2", 9));

    assert_true(fixture_read(*state, head_work, &query));
    assert_int_equal(query.seq, 2);
    assert_int_equal(query.epoch, 1);
    assert_int_equal(query.at, 102);
    assert_string_equal(query.hash, HASH);
}

static void keeps_the_bytes_of_a_line(void **state)
{
    struct query query = {.fixture = *state};
    struct gv_audit_row row = event("w1", 1);
    row.line = "a\0b";
    row.line_len = 3;
    assert_true(fixture_write(*state, append_work, &row));

    assert_true(fixture_read(*state, after_work, &query));

    assert_int_equal(query.count, 1);
    assert_int_equal(query.rows[0].line_len, 3);
    assert_memory_equal(query.rows[0].line, "a\0b", 3);
}

static void pages_through_a_writer(void **state)
{
    struct query query = {.fixture = *state};
    for (int64_t seq = 1; seq <= 5; seq++) {
        assert_true(append(*state, "w1", seq));
        assert_true(append(*state, "w2", seq));
    }

    for (int64_t page = 0; page < 3; page++) {
        query.after = page * 2;
        assert_true(fixture_read(*state, after_work, &query));
        assert_int_equal(query.count, page < 2 ? 2 : 1);
        assert_int_equal(query.rows[0].seq, page * 2 + 1);
        assert_string_equal(query.rows[0].writer, "w1");
    }
    assert_true(fixture_read(*state, writers_work, &query));
    assert_int_equal(query.count, 2);
    assert_string_equal(query.writers[1], "w2");
}

static void filters_newest_first(void **state)
{
    struct query query = {.fixture = *state};
    for (int64_t seq = 1; seq <= 4; seq++) {
        assert_true(append(*state, "w1", seq));
    }
    static const struct {
        struct gv_audit_filter filter;
        size_t count;
        int64_t first;
    } cases[] = {
        {{0}, 4, 4},
        {{.limit = 2, .offset = 1}, 2, 3},
        {{.event_type = "ODD"}, 2, 3},
        {{.entity_id = "d1"}, 4, 4},
        {{.entity_id = "model/churn/v1"}, 4, 4},
        {{.entity_id = "model/churn/v2"}, 0, 0},
        {{.workspace = "default", .event_type = "EVEN"}, 2, 4},
        {{.workspace = "other"}, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        query.filter = cases[i].filter;
        assert_true(fixture_read(*state, list_work, &query));
        assert_int_equal(query.count, cases[i].count);
        assert_int_equal(query.count > 0 ? query.rows[0].seq : 0, cases[i].first);
    }
}

static bool many_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    bool ok = true;
    (void)ctx;
    for (int64_t seq = 1; ok && seq <= GV_STORE_PAGE_MAX + 1; seq++) {
        struct gv_audit_row row = event("w1", seq);
        ok = gv_store_audit_append(tx, &row, err);
    }
    return ok;
}

static void bounds_a_page(void **state)
{
    static const struct {
        int64_t limit;
        size_t count;
    } cases[] = {
        {GV_STORE_PAGE_MAX - 1, GV_STORE_PAGE_MAX - 1},
        {GV_STORE_PAGE_MAX, GV_STORE_PAGE_MAX},
        {GV_STORE_PAGE_MAX + 1, GV_STORE_PAGE_MAX},
        {0, GV_STORE_PAGE_MAX},
        {-1, GV_STORE_PAGE_MAX},
        {INT64_MIN, GV_STORE_PAGE_MAX},
    };
    struct query query = {.fixture = *state};
    assert_true(fixture_write(*state, many_work, NULL));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        query.filter = (struct gv_audit_filter){.limit = cases[i].limit, .offset = -5};
        assert_true(fixture_read(*state, list_work, &query));
        assert_int_equal(query.count, cases[i].count);
    }
}

static void fails_when_the_rows_do_not_fit_the_arena(void **state)
{
    struct fixture *fixture = *state;
    struct query query = {.fixture = fixture};
    assert_true(fixture_write(fixture, many_work, NULL));
    gv_arena_free(fixture->arena);
    for (size_t limit = 64; limit <= 65536; limit *= 4) {
        fixture->arena = gv_arena_new(limit);
        assert_false(fixture_read(fixture, list_work, &query));
        assert_int_equal(fixture->err.code, GV_ERROR_MEMORY);
        gv_arena_free(fixture->arena);
    }
    fixture->arena = gv_arena_new(0);
    assert_true(fixture_read(fixture, list_work, &query));
}

static void refuses_a_fork(void **state)
{
    struct fixture *fixture = *state;
    struct gv_audit_row row = event("w1", 1);
    assert_true(fixture_write(fixture, append_work, &row));

    row.epoch = 2;
    assert_false(fixture_write(fixture, append_work, &row));

    assert_int_equal(fixture->err.code, GV_ERROR_CONFLICT);
    assert_non_null(strstr(fixture->err.message, "event 1 of writer \"w1\""));
}

static void refuses_any_change(void **state)
{
    static const struct {
        const char *sql;
        const char *message;
    } cases[] = {
        {"UPDATE audit_events SET line = x'00'", "audit events are never changed"},
        {"UPDATE audit_events SET seq = 7", "audit events are never changed"},
        {"DELETE FROM audit_events", "audit events are never deleted"},
        {"INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
         "this audit event exists already"},
    };
    char message[256];
    assert_true(append(*state, "w1", 1));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(fixture_sql(*state, cases[i].sql, message), SQLITE_CONSTRAINT);
        assert_string_equal(message, cases[i].message);
    }
    assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM audit_events"), 1);
}

static bool cursor_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct query *query = ctx;
    return gv_store_cursor_get(tx, "loki", "w1", &query->seq, &query->at, err);
}

static bool move_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct query *query = ctx;
    return gv_store_cursor_set(tx, "loki", "w1", query->seq, query->at, err);
}

static void remembers_how_far_a_sink_got(void **state)
{
    struct query query = {.fixture = *state};
    assert_true(fixture_read(*state, cursor_work, &query));
    assert_int_equal(query.seq, 0);
    for (int64_t seq = 5; seq < 7; seq++) {
        query.seq = seq;
        query.at = seq * 10;
        assert_true(fixture_write(*state, move_work, &query));
        query.seq = query.at = 0;
        assert_true(fixture_read(*state, cursor_work, &query));
        assert_int_equal(query.seq, seq);
        assert_int_equal(query.at, seq * 10);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(knows_the_end_of_a_chain),
        TEST(keeps_the_bytes_of_a_line),
        TEST(pages_through_a_writer),
        TEST(filters_newest_first),
        TEST(bounds_a_page),
        TEST(fails_when_the_rows_do_not_fit_the_arena),
        TEST(refuses_a_fork),
        TEST(refuses_any_change),
        TEST(remembers_how_far_a_sink_got),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/audit/chain.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define UNLOCKED                       \
    "DROP TRIGGER audit_events_fixed;" \
    "DROP TRIGGER audit_events_kept;"  \
    "DROP TRIGGER audit_events_once;"

static void write_chain(struct fixture *fixture, const char *writer, int events)
{
    struct gv_audit *audit = chain_open(fixture, writer);
    for (int i = 0; i < events; i++) {
        assert_true(chain_write(fixture, audit, "A"));
    }
    gv_audit_close(audit);
}

static void takes_whole_chains_of_several_pages(void **state)
{
    struct fixture *fixture = *state;
    write_chain(fixture, "w1", 450);
    write_chain(fixture, "w2", 3);
    write_chain(fixture, "w1", 3);

    struct gv_audit_verdict verdict = chain_verify(fixture);

    assert_true(verdict.valid);
    assert_null(verdict.problem);
    assert_int_equal(verdict.events, 452 + 5 + 5);
}

static void takes_an_empty_store(void **state)
{
    struct gv_audit_verdict verdict = chain_verify(*state);

    assert_true(verdict.valid);
    assert_int_equal(verdict.events, 0);
}

static void names_the_first_event_that_was_touched(void **state)
{
    static const struct {
        const char *what;
        const char *sql;
        int64_t seq;
        const char *problem;
    } cases[] = {
        {"a byte was flipped",
         "UPDATE audit_events SET line = CAST(replace(line, 'ALLOWED', 'ALLOWEd') AS BLOB)"
         " WHERE seq = 4",
         4, "its bytes have hash"},
        {"a line and its hash were replaced",
         "UPDATE audit_events SET line = (SELECT line FROM audit_events WHERE seq = 3),"
         " hash = (SELECT hash FROM audit_events WHERE seq = 3) WHERE seq = 4",
         4, "its predecessor"},
        {"an event was deleted", "DELETE FROM audit_events WHERE seq = 4", 4, "event 4 is missing"},
        {"the first event was deleted", "DELETE FROM audit_events WHERE seq = 1", 1,
         "event 1 is missing"},
        {"the line is no JSON", "UPDATE audit_events SET line = x'00' WHERE seq = 4", 4,
         "its bytes have hash"},
        {"a column was changed", "UPDATE audit_events SET event_type = 'B' WHERE seq = 4", 4,
         "column event_type"},
        {"a time was changed", "UPDATE audit_events SET occurred_at = 5 WHERE seq = 4", 4,
         "column occurred_at"},
        {"a person was changed", "UPDATE audit_events SET actor = 'idp|x' WHERE seq = 4", 4,
         "column actor"},
        {"an entity was changed", "UPDATE audit_events SET entity_id = 'y' WHERE seq = 4", 4,
         "column entity_id"},
        {"an epoch was changed", "UPDATE audit_events SET epoch = 2 WHERE seq = 4", 4,
         "column epoch"},
        {"two events were swapped",
         "UPDATE audit_events SET seq = 100 WHERE seq = 3;"
         "UPDATE audit_events SET seq = 3 WHERE seq = 4;"
         "UPDATE audit_events SET seq = 4 WHERE seq = 100",
         3, "its predecessor"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fixture_open(state);
        struct fixture *fixture = *state;
        char sql[1024];
        write_chain(fixture, "w", 6);
        snprintf(sql, sizeof(sql), "%s%s", UNLOCKED, cases[i].sql);
        assert_int_equal(fixture_sql(fixture, sql, NULL), SQLITE_OK);

        struct gv_audit_verdict verdict = chain_verify(fixture);

        if (verdict.valid || !strstr(verdict.problem, cases[i].problem)) {
            print_error("%s: %s\n", cases[i].what, verdict.problem);
        }
        assert_false(verdict.valid);
        assert_int_equal(verdict.seq, cases[i].seq);
        assert_string_equal(verdict.writer, "w");
        assert_non_null(strstr(verdict.problem, cases[i].problem));
        fixture_close(state);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(takes_whole_chains_of_several_pages),
        TEST(takes_an_empty_store),
        cmocka_unit_test(names_the_first_event_that_was_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

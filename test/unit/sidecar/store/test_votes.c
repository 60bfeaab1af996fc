/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include <sqlite3.h>
#include <string.h>

static bool vote_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_vote_insert(tx, ctx, err);
}

static bool vote(struct fixture *fixture, const char *id, const char *decision, const char *person,
                 enum gv_vote what, gv_time at)
{
    struct gv_vote_row row = {.id = id,
                              .decision_id = decision,
                              .person = person,
                              .role = "data_architect",
                              .roles = "data_architect,data_owner",
                              .vote = what,
                              .comment = "fine",
                              .voted_at = at};
    return fixture_write(fixture, vote_work, &row);
}

struct list {
    struct fixture *fixture;
    struct gv_vote_row *rows;
    size_t count;
};

static bool list_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct list *list = ctx;
    return gv_store_vote_list(tx, "d1", list->fixture->arena, &list->rows, &list->count, err);
}

static int open_with_decision(void **state)
{
    fixture_open(state);
    struct gv_decision decision = fixture_decision("d1");
    assert_true(fixture_insert(*state, &decision));
    return 0;
}

static void lists_votes_in_the_order_of_voting(void **state)
{
    struct list list = {.fixture = *state};
    assert_true(vote(*state, "v2", "d1", "idp|b", GV_VOTE_ABSTAIN, 20));
    assert_true(vote(*state, "v1", "d1", "idp|a", GV_VOTE_APPROVE, 30));

    assert_true(fixture_read(*state, list_work, &list));

    assert_int_equal(list.count, 2);
    assert_string_equal(list.rows[0].person, "idp|b");
    assert_int_equal(list.rows[0].vote, GV_VOTE_ABSTAIN);
    assert_int_equal(list.rows[1].vote, GV_VOTE_APPROVE);
    assert_string_equal(list.rows[1].roles, "data_architect,data_owner");
    assert_int_equal(list.rows[1].voted_at, 30);
}

static void refuses_a_second_vote_of_one_person(void **state)
{
    struct fixture *fixture = *state;
    assert_true(vote(fixture, "v1", "d1", "idp|a", GV_VOTE_ABSTAIN, 20));

    assert_false(vote(fixture, "v2", "d1", "idp|a", GV_VOTE_APPROVE, 30));

    assert_int_equal(fixture->err.code, GV_ERROR_CONFLICT);
    assert_non_null(strstr(fixture->err.message, "already voted"));
}

static void refuses_a_vote_on_nothing(void **state)
{
    struct fixture *fixture = *state;

    assert_false(vote(fixture, "v1", "unknown", "idp|a", GV_VOTE_APPROVE, 20));

    assert_int_equal(fixture->err.code, GV_ERROR_INVALID);
}

static void keeps_votes_as_they_were_cast(void **state)
{
    struct fixture *fixture = *state;
    char message[256];
    assert_true(vote(fixture, "v1", "d1", "idp|a", GV_VOTE_REJECT, 20));

    assert_int_equal(fixture_sql(fixture, "UPDATE votes SET vote = 'approve'", message),
                     SQLITE_CONSTRAINT);
    assert_string_equal(message, "votes are never changed");
    assert_int_equal(fixture_sql(fixture, "DELETE FROM votes", message), SQLITE_CONSTRAINT);
    assert_string_equal(message, "votes are never deleted");
    assert_int_equal(fixture_sql(fixture,
                                 "INSERT OR REPLACE INTO votes SELECT id, decision_id, person,"
                                 " role, roles, 'approve', comment, voted_at FROM votes",
                                 message),
                     SQLITE_CONSTRAINT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_with_decision, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(lists_votes_in_the_order_of_voting),
        TEST(refuses_a_second_vote_of_one_person),
        TEST(refuses_a_vote_on_nothing),
        TEST(keeps_votes_as_they_were_cast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

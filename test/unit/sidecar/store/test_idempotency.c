/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include "sidecar/store/limits.h"
#include <sqlite3.h>
#include <stdio.h>

struct claim {
    struct fixture *fixture;
    const char *person;
    struct gv_idempotency_row *earlier;
};

static bool claim_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct claim *claim = ctx;
    const struct gv_idempotency_row row = {
        .person = claim->person, .key = "k1", .fingerprint = "f1"};
    return gv_store_idempotency_claim(tx, &row, claim->fixture->arena, &claim->earlier, err);
}

static bool answer_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_idempotency_answer(tx, ctx, "k1", 201, "{\"id\":1}", err);
}

static bool release_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_idempotency_release(tx, ctx, "k1", err);
}

static char ann[] = "idp|ann";

static void replays_the_answer_of_a_key(void **state)
{
    struct claim claim = {*state, ann, NULL};
    assert_true(fixture_write(*state, claim_work, &claim));
    assert_null(claim.earlier);
    assert_true(fixture_write(*state, claim_work, &claim));
    assert_non_null(claim.earlier);
    assert_int_equal(claim.earlier->status, 0);

    assert_true(fixture_write(*state, answer_work, ann));
    assert_true(fixture_write(*state, claim_work, &claim));

    assert_int_equal(claim.earlier->status, 201);
    assert_string_equal(claim.earlier->body, "{\"id\":1}");
    assert_string_equal(claim.earlier->fingerprint, "f1");
}

static void keeps_the_keys_of_people_apart(void **state)
{
    struct claim claim = {*state, ann, NULL};
    assert_true(fixture_write(*state, claim_work, &claim));

    claim.person = "idp|bob";
    assert_true(fixture_write(*state, claim_work, &claim));

    assert_null(claim.earlier);
}

static void gives_a_key_back_unless_it_was_answered(void **state)
{
    struct claim claim = {*state, ann, NULL};
    assert_true(fixture_write(*state, claim_work, &claim));
    assert_true(fixture_write(*state, release_work, ann));
    assert_true(fixture_write(*state, claim_work, &claim));
    assert_null(claim.earlier);

    assert_true(fixture_write(*state, answer_work, ann));
    assert_true(fixture_write(*state, release_work, ann));
    assert_true(fixture_write(*state, claim_work, &claim));

    assert_non_null(claim.earlier);
}

static void refuses_an_answer_without_a_claim(void **state)
{
    struct fixture *fixture = *state;

    assert_false(fixture_write(fixture, answer_work, ann));

    assert_int_equal(fixture->err.code, GV_ERROR_NOT_FOUND);
}

static void forgets_a_key_after_its_time(void **state)
{
    struct claim claim = {*state, ann, NULL};
    char sql[128];
    assert_true(fixture_write(*state, claim_work, &claim));
    assert_true(fixture_write(*state, answer_work, ann));
    snprintf(sql, sizeof(sql), "UPDATE idempotency_keys SET created_at = created_at - %lld",
             (long long)GV_STORE_IDEMPOTENCY_KEPT);
    assert_int_equal(fixture_sql(*state, sql, NULL), SQLITE_OK);

    assert_true(fixture_write(*state, claim_work, &claim));

    assert_null(claim.earlier);
}

static void forgets_calls_that_died_with_their_process(void **state)
{
    struct claim claim = {*state, ann, NULL};
    assert_true(fixture_write(*state, claim_work, &claim));

    fixture_reopen(*state);
    assert_true(fixture_write(*state, claim_work, &claim));

    assert_null(claim.earlier);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(replays_the_answer_of_a_key),
        TEST(keeps_the_keys_of_people_apart),
        TEST(gives_a_key_back_unless_it_was_answered),
        TEST(refuses_an_answer_without_a_claim),
        TEST(forgets_a_key_after_its_time),
        TEST(forgets_calls_that_died_with_their_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

static bool insert_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_assignment_insert(tx, ctx, err);
}

static bool assign(struct fixture *fixture, const char *id, const char *domain, const char *person)
{
    struct gv_assignment_row row = {.id = id,
                                    .workspace = "default",
                                    .person = person,
                                    .domain = domain,
                                    .role = "accountable",
                                    .assigned_by = "idp|admin",
                                    .assigned_at = 7};
    return fixture_write(fixture, insert_work, &row);
}

static bool delete_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_assignment_delete(tx, ctx, err);
}

struct list {
    struct fixture *fixture;
    const char *workspace;
    const char *domain;
    const char *person;
    struct gv_assignment_row *rows;
    size_t count;
};

static bool list_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct list *list = ctx;
    return gv_store_assignment_list(tx, list->workspace, list->domain, list->person,
                                    list->fixture->arena, &list->rows, &list->count, err);
}

static void lists_by_domain_and_by_person(void **state)
{
    struct list list = {.fixture = *state, .workspace = "default", .domain = "ml"};
    assert_true(assign(*state, "a1", "ml", "idp|ann"));
    assert_true(assign(*state, "a2", "ml", "idp|bob"));
    assert_true(assign(*state, "a3", "risk", "idp|ann"));

    assert_true(fixture_read(*state, list_work, &list));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.rows[1].person, "idp|bob");

    list = (struct list){.fixture = *state, .person = "idp|ann"};
    assert_true(fixture_read(*state, list_work, &list));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.rows[1].domain, "risk");

    list = (struct list){.fixture = *state, .workspace = "other"};
    assert_true(fixture_read(*state, list_work, &list));
    assert_int_equal(list.count, 0);
}

static void gives_a_person_one_role_in_a_domain(void **state)
{
    struct fixture *fixture = *state;
    assert_true(assign(fixture, "a1", "ml", "idp|ann"));

    assert_false(assign(fixture, "a2", "ml", "idp|ann"));

    assert_int_equal(fixture->err.code, GV_ERROR_CONFLICT);
}

static void deletes_what_exists_only(void **state)
{
    struct fixture *fixture = *state;
    assert_true(assign(fixture, "a1", "ml", "idp|ann"));

    assert_true(fixture_write(fixture, delete_work, (char[]){"a1"}));
    assert_false(fixture_write(fixture, delete_work, (char[]){"a1"}));

    assert_int_equal(fixture->err.code, GV_ERROR_NOT_FOUND);
    assert_true(assign(fixture, "a2", "ml", "idp|ann"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(lists_by_domain_and_by_person),
        TEST(gives_a_person_one_role_in_a_domain),
        TEST(deletes_what_exists_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

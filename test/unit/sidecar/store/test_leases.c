/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

struct lease {
    const char *owner;
    gv_duration lasts;
    bool taken;
};

static bool lease_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct lease *lease = ctx;
    return gv_store_lease(tx, "executor", lease->owner, gv_store_now(tx) + lease->lasts,
                          &lease->taken, err);
}

static bool release_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_lease_release(tx, "executor", ctx, err);
}

static bool take(struct fixture *fixture, const char *owner, gv_duration lasts)
{
    struct lease lease = {owner, lasts, false};
    assert_true(fixture_write(fixture, lease_work, &lease));
    return lease.taken;
}

static void has_one_owner_who_may_renew(void **state)
{
    assert_true(take(*state, "a", GV_HOUR));
    assert_false(take(*state, "b", GV_HOUR));
    assert_true(take(*state, "a", GV_HOUR));
}

static void is_free_after_its_time(void **state)
{
    assert_true(take(*state, "a", -GV_SECOND));
    assert_true(take(*state, "b", GV_HOUR));
    assert_false(take(*state, "a", GV_HOUR));
}

static void is_released_by_its_owner_only(void **state)
{
    char a[] = "a";
    char b[] = "b";
    assert_true(take(*state, "a", GV_HOUR));

    assert_true(fixture_write(*state, release_work, b));
    assert_false(take(*state, "b", GV_HOUR));

    assert_true(fixture_write(*state, release_work, a));
    assert_true(take(*state, "b", GV_HOUR));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(has_one_owner_who_may_renew),
        TEST(is_free_after_its_time),
        TEST(is_released_by_its_owner_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/frame.h"

#include "test/unit/sidecar/governance/world.h"

static struct gv_frame *begin(struct world *world)
{
    const struct gv_caller caller = {world->scientist, "req-1"};
    return gv_frame_begin(world->governance, &caller, sizeof(struct gv_frame));
}

static void takes_as_many_operations_as_its_limit_and_no_more(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < GV_OPERATIONS_MAX; i++)
        assert_non_null(begin(world));
    assert_int_equal(gv_governance_active(world->governance), GV_OPERATIONS_MAX);
    assert_null(begin(world));

    gv_frame_end(world->governance->operations);
    assert_non_null(begin(world));
    while (world->governance->operations)
        gv_frame_end(world->governance->operations);
    assert_int_equal(gv_governance_active(world->governance), 0);
}

static void a_full_house_is_said_to_be_unavailable(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    while (begin(world))
        ;
    world_request(world, world->scientist, &request);
    assert_int_equal(world->outcome, GV_OUTCOME_UNAVAILABLE);
    assert_string_equal(world->message, GV_FRAME_BUSY);
    while (world->governance->operations)
        gv_frame_end(world->governance->operations);
}

static void an_operation_keeps_the_policies_that_it_began_with(void **state)
{
    struct world *world = *state;
    struct gv_frame *frame = begin(world);
    world_policies(world, policies_load(GV_PROFILE_DEV));
    assert_int_equal(gv_set_profile(frame->set), GV_PROFILE_MEDIUM);
    assert_int_equal(gv_set_profile(gv_governance_set(world->governance)), GV_PROFILE_DEV);
    gv_frame_end(frame);
}

/* More people than places: whoever is forgotten is looked up again, and nobody gets another's. */
static void remembers_each_persons_own_roles(void **state)
{
    struct world *world = *state;
    const struct gv_principal *people[2 * GV_ROLES_CACHED];
    static const char *const ROLES[] = {"data_scientist", "data_architect"};
    gv_role_set expected[2] = {gv_governance_roles(world->governance, world->scientist),
                               gv_governance_roles(world->governance, world->architect)};
    assert_int_not_equal(expected[0], expected[1]);
    for (size_t i = 0; i < 2 * GV_ROLES_CACHED; i++)
        people[i] = world_person("somebody", ROLES[i % 2]);
    for (size_t i = 0; i < 6 * GV_ROLES_CACHED; i++) {
        size_t at = i % (2 * GV_ROLES_CACHED);
        assert_true(gv_governance_roles(world->governance, people[at]) == expected[at % 2]);
    }
    for (size_t i = 0; i < 2 * GV_ROLES_CACHED; i++)
        gv_principal_unref(people[i]);
    assert_int_equal(gv_governance_roles(world->governance, NULL), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(takes_as_many_operations_as_its_limit_and_no_more),
        T(a_full_house_is_said_to_be_unavailable),
        T(an_operation_keeps_the_policies_that_it_began_with),
        T(remembers_each_persons_own_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/governance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    enum gv_state state;
    const char *status;
    const char *execution;
} ROWS[] = {
    {GV_STATE_PENDING, "PENDING", NULL},         {GV_STATE_AWAITING_APPROVAL, "PENDING", NULL},
    {GV_STATE_APPROVED, "APPROVED", "waiting"},  {GV_STATE_EXECUTING, "APPROVED", "executing"},
    {GV_STATE_EXECUTED, "APPROVED", "executed"}, {GV_STATE_FAILED, "APPROVED", "failed"},
    {GV_STATE_REJECTED, "REJECTED", NULL},       {GV_STATE_EXPIRED, "EXPIRED", NULL},
    {GV_STATE_SUPERSEDED, "SUPERSEDED", NULL},
};

static void says_pending_until_decided_and_approved_from_then_on(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ROWS) / sizeof(ROWS[0]), GV_STATE_COUNT);
    for (size_t i = 0; i < GV_STATE_COUNT; i++) {
        const char *execution = "";
        assert_string_equal(gv_status_word(ROWS[i].state, &execution), ROWS[i].status);
        if (ROWS[i].execution)
            assert_string_equal(execution, ROWS[i].execution);
        else
            assert_null(execution);
        assert_string_equal(gv_status_word(ROWS[i].state, NULL), ROWS[i].status);
    }
}

static void outcomes_have_the_status_codes_of_the_platform(void **state)
{
    (void)state;
    assert_int_equal(gv_outcome_status(GV_OUTCOME_OK), 200);
    assert_int_equal(gv_outcome_status(GV_OUTCOME_INVALID), 400);
    assert_int_equal(gv_outcome_status(GV_OUTCOME_FORBIDDEN), 403);
    assert_int_equal(gv_outcome_status(GV_OUTCOME_NOT_FOUND), 404);
    assert_int_equal(gv_outcome_status(GV_OUTCOME_CONFLICT), 409);
    assert_int_equal(gv_outcome_status(GV_OUTCOME_MISMATCH), 422);
    assert_int_equal(gv_outcome_status(GV_OUTCOME_UNAVAILABLE), 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_pending_until_decided_and_approved_from_then_on),
        cmocka_unit_test(outcomes_have_the_status_codes_of_the_platform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

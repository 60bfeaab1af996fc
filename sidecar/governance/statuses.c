/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/panic.h"
#include "sidecar/governance/governance.h"

static const struct {
    const char *status;
    const char *execution;
} STATUSES[] = {
#define GV_STATUS(state, status, execution) [GV_STATE_##state] = {status, execution},
#include "sidecar/governance/statuses.def"
#undef GV_STATUS
};
_Static_assert(sizeof(STATUSES) / sizeof(STATUSES[0]) == GV_STATE_COUNT,
               "statuses.def has a row for each state");

const char *gv_status_word(enum gv_state state, const char **ret_execution)
{
    gv_invariant((unsigned)state < GV_STATE_COUNT, "a state is out of range");
    if (ret_execution)
        *ret_execution = STATUSES[state].execution;
    return STATUSES[state].status;
}

unsigned gv_outcome_status(enum gv_outcome outcome)
{
    switch (outcome) {
    case GV_OUTCOME_OK:
        return 200;
    case GV_OUTCOME_INVALID:
        return 400;
    case GV_OUTCOME_FORBIDDEN:
        return 403;
    case GV_OUTCOME_NOT_FOUND:
        return 404;
    case GV_OUTCOME_CONFLICT:
        return 409;
    case GV_OUTCOME_MISMATCH:
        return 422;
    case GV_OUTCOME_UNAVAILABLE:
        return 503;
    }
    gv_panic("an outcome is out of range");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/standing.h"

#include "sidecar/governance/kinds.h"

/* Executed requests of a model that are looked through for the newest of one version and target. */
#define EXECUTED_LOOKED_AT 200

static bool read_active(struct gv_store_tx *tx, struct gv_standing *standing, struct gv_error *err)
{
    struct gv_error why = GV_ERROR_INIT;
    standing->active =
        gv_store_decision_active(tx, standing->workspace, standing->model, standing->version,
                                 standing->target, standing->arena, &standing->decision, &why);
    if (standing->active || why.code == GV_ERROR_NOT_FOUND)
        return true;
    *err = why;
    return false;
}

static bool read_executed(struct gv_store_tx *tx, struct gv_standing *standing,
                          struct gv_error *err)
{
    static const enum gv_state EXECUTED = GV_STATE_EXECUTED;
    const struct gv_decision_filter filter = {
        .workspace = standing->workspace,
        .type = GV_TYPE_PROMOTION,
        .model = standing->model,
        .states = &EXECUTED,
        .state_count = 1,
        .limit = EXECUTED_LOOKED_AT,
    };
    struct gv_decision *rows;
    size_t count;
    if (!gv_store_decision_list(tx, &filter, standing->arena, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count && !standing->executed; i++) {
        standing->executed = rows[i].model_version == standing->version && rows[i].target &&
                             strcmp(rows[i].target, standing->target) == 0;
        if (standing->executed)
            standing->decision = rows[i];
    }
    return true;
}

bool gv_standing_read(struct gv_store_tx *tx, struct gv_standing *standing, struct gv_error *err)
{
    if (!gv_store_decision_held(tx, standing->workspace, standing->model, standing->version,
                                standing->target, &standing->held, err) ||
        !read_active(tx, standing, err))
        return false;
    return standing->active || read_executed(tx, standing, err);
}

const char *gv_standing_sentence(const struct gv_standing *standing)
{
    const char *id = standing->decision.id;
    if (standing->executed)
        return gv_arena_format(
            standing->arena, "Request %s for it was carried out before; a new one is needed.", id);
    if (!standing->active)
        return NULL;
    bool waits = gv_state_phase(standing->decision.state) == GV_PHASE_WAITING;
    return gv_arena_format(standing->arena, "Request %s for it %s (%s)", id,
                           waits ? "waits for approval" : "is approved, Gavel carries it out",
                           gv_state_word(standing->decision.state));
}

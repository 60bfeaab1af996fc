/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/rules.h"

#include "sidecar/governance/kinds.h"

/* Where nobody says otherwise. */
#define DEFAULT_DOMAIN "default"

/* Index of the target of exactly that name; what a decision names is no person's spelling. */
static bool find_target(const struct gv_promotion *promotion, const char *name, int *ret_target)
{
    *ret_target = GV_TARGET_NONE;
    if (strcmp(name, gv_promotion_target_name(promotion, GV_TARGET_NONE)) == 0)
        return true;
    for (size_t i = 0; i < promotion->target_count; i++) {
        if (strcmp(promotion->targets[i].name, name) == 0) {
            *ret_target = (int)i;
            return true;
        }
    }
    return false;
}

static const struct gv_path *find_path(const struct gv_promotion *promotion,
                                       const struct gv_decision *decision)
{
    int from;
    int to;
    if (!decision->source || !decision->target ||
        !find_target(promotion, decision->source, &from) ||
        !find_target(promotion, decision->target, &to))
        return NULL;
    for (size_t i = 0; i < promotion->path_count; i++) {
        const struct gv_path *path = &promotion->paths[i];
        if (path->from == from && path->to == to)
            return path;
    }
    return NULL;
}

static bool rules_of_promotion(const struct gv_set *set, const struct gv_decision *decision,
                               struct gv_rules *ret_rules, struct gv_error *err)
{
    const struct gv_promotion *promotion =
        gv_set_promotion(set, gv_slice_from(decision->workspace), gv_slice_from(decision->model));
    if (!promotion || !decision->policy || strcmp(promotion->name, decision->policy) != 0)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "the policy \"%s\" that admitted this request no longer governs model "
                            "%s; request the promotion again",
                            decision->policy ? decision->policy : "", decision->model);
    const struct gv_path *path = find_path(promotion, decision);
    if (!path)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "policy \"%s\" no longer has the path %s → %s; request the promotion "
                            "again",
                            promotion->name, decision->source ? decision->source : "none",
                            decision->target ? decision->target : "none");
    *ret_rules = (struct gv_rules){path->approval, path->request, promotion->domain};
    return true;
}

static const char *domain_of(const struct gv_set *set, const char *workspace, const char *model)
{
    const struct gv_promotion *promotion =
        gv_set_promotion(set, gv_slice_from(workspace), gv_slice_from(model));
    if (!promotion && gv_set_promotion_count(set) > 0)
        promotion = gv_set_promotion_at(set, 0);
    return promotion ? promotion->domain : DEFAULT_DOMAIN;
}

bool gv_rules_of_retraining(const struct gv_set *set, const char *workspace, const char *model,
                            struct gv_arena *arena, struct gv_rules *ret_rules,
                            struct gv_error *err)
{
    const struct gv_activity *activity = gv_set_activity(set, GV_ACTIVITY_RETRAIN);
    if (!activity)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "the RaciMatrix has no activity \"" GV_ACTIVITY_RETRAIN
                            "\", so nobody may ask for a retraining or approve one");
    struct gv_seat *seat = gv_arena_alloc(arena, sizeof(*seat));
    if (!seat)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    *seat = (struct gv_seat){.role = activity->accountable, .count = 1};
    *ret_rules = (struct gv_rules){
        .approval = {.required = true,
                     .seats = seat,
                     .seat_count = 1,
                     .separation_of_duties = true,
                     .consulted = activity->consulted,
                     .expires_after = GV_RETRAINING_EXPIRES},
        .request = activity->responsible,
        .domain = domain_of(set, workspace, model),
    };
    return true;
}

bool gv_rules_of(const struct gv_set *set, const struct gv_decision *decision,
                 struct gv_arena *arena, struct gv_rules *ret_rules, struct gv_error *err)
{
    if (strcmp(decision->type, GV_TYPE_RETRAINING) == 0)
        return gv_rules_of_retraining(set, decision->workspace,
                                      decision->model ? decision->model : "", arena, ret_rules,
                                      err);
    return rules_of_promotion(set, decision, ret_rules, err);
}

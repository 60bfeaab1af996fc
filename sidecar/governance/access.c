/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/access.h"

#include "sidecar/governance/events.h"
#include "sidecar/telemetry/metrics.h"

enum gv_access_result gv_access_ask(const struct gv_access *access, const char *action,
                                    const char **ret_why)
{
    struct gv_question question = {
        .package = GV_ACCESS_PACKAGE,
        .roles = access->roles,
        .action = gv_slice_from(action),
        .resource = *access->resource,
    };
    struct gv_answer answer = gv_set_decide(access->set, &question);
    if (answer.allow)
        return GV_ACCESS_ALLOWED;
    *ret_why = gv_set_explain(access->set, &question, &answer, access->arena);
    return answer.rule ? GV_ACCESS_DENIED : GV_ACCESS_UNMENTIONED;
}

const char *gv_access_lacks_role(const struct gv_set *set, gv_role_set roles,
                                 const struct gv_path *path, const struct gv_promotion *promotion,
                                 struct gv_arena *arena)
{
    const char *wanted = gv_set_role_names(set, path->request, arena);
    const char *held = gv_set_role_names(set, roles, arena);
    if (!wanted || !held)
        return NULL;
    return gv_arena_format(arena, "%s → %s is asked for by %s; %s%s",
                           gv_promotion_target_name(promotion, path->from),
                           gv_promotion_target_name(promotion, path->to), wanted,
                           roles == 0 ? "you hold no role" : "you hold ", roles == 0 ? "" : held);
}

bool gv_governance_allows(struct gv_governance *governance, const struct gv_caller *caller,
                          const char *action, const struct gv_resource *resource,
                          struct gv_arena *arena, const char **ret_message)
{
    struct gv_access access = {gv_governance_set(governance),
                               gv_governance_roles(governance, caller->principal), resource, arena};
    const char *why = NULL;
    if (caller->principal && gv_access_ask(&access, action, &why) == GV_ACCESS_ALLOWED) {
        gv_metric_add(GV_METRIC_DECISIONS, 1, action, "allow");
        return true;
    }
    const char *path = gv_arena_copy(arena, resource->path);
    const char *workspace = gv_arena_copy(arena, resource->workspace);
    *ret_message =
        why ? gv_arena_format(arena, "%s on %s denied: %s", action, path ? path : "it", why) : NULL;
    if (!*ret_message)
        *ret_message = "denied";
    gv_record_refusal(governance, &(struct gv_refusal){
                                      .principal = caller->principal,
                                      .event_type = GV_EVENT_ACCESS_DENIED,
                                      .workspace = workspace,
                                      .action = action,
                                      .resource = path,
                                      .route = action,
                                      .reason = "access",
                                      .message = *ret_message,
                                      .request_id = caller->request_id,
                                  });
    return false;
}

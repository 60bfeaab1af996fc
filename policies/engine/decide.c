/* SPDX-License-Identifier: Apache-2.0 */
/* The one evaluator: a question in, an answer out, and the answer in words. */
#include "policies/engine/limits.h"
#include "policies/engine/set_private.h"

static bool has_role(const struct gv_rule *rule, const struct gv_question *question)
{
    return rule->any_role || (rule->roles & question->roles) != 0;
}

static bool has_resource(const struct gv_matcher *matcher, const struct gv_question *question)
{
    for (size_t i = 0; i < matcher->rule->resource_count; i++) {
        if (gv_resource_pattern_match(&matcher->patterns[i], &question->resource))
            return true;
    }
    return false;
}

/* Candidates of an action that no rule names match by wildcards, which are not in the index. */
static bool concerns(const struct gv_candidates *candidates, const struct gv_matcher *matcher,
                     const struct gv_question *question)
{
    bool has_action = candidates->certain || gv_rule_has_action(matcher->rule, question->action);
    return has_action && has_resource(matcher, question);
}

static const struct gv_rule *first_match(const struct gv_candidates *candidates,
                                         enum gv_rule_effect effect,
                                         const struct gv_question *question)
{
    bool deny = effect == GV_RULE_DENY;
    const struct gv_matcher *const *matchers = deny ? candidates->denies : candidates->allows;
    size_t count = deny ? candidates->deny_count : candidates->allow_count;
    for (size_t i = 0; i < count; i++) {
        if (has_role(matchers[i]->rule, question) && concerns(candidates, matchers[i], question))
            return matchers[i]->rule;
    }
    return NULL;
}

/* An allow that nobody can use, since its list of roles is empty, is near to nobody. */
static const struct gv_rule *nearest_allow(const struct gv_candidates *candidates,
                                           const struct gv_question *question)
{
    for (size_t i = 0; i < candidates->allow_count; i++) {
        const struct gv_matcher *matcher = candidates->allows[i];
        if (matcher->rule->roles != 0 && concerns(candidates, matcher, question))
            return matcher->rule;
    }
    return NULL;
}

struct gv_answer gv_set_decide(const struct gv_set *set, const struct gv_question *question)
{
    const struct gv_candidates *candidates =
        gv_set_candidates(set, question->package, question->action);
    if (!candidates)
        return (struct gv_answer){0};
    const struct gv_rule *deny = first_match(candidates, GV_RULE_DENY, question);
    if (deny)
        return (struct gv_answer){.allow = false, .rule = deny};
    const struct gv_rule *allow = first_match(candidates, GV_RULE_ALLOW, question);
    if (allow)
        return (struct gv_answer){.allow = true, .rule = allow};
    return (struct gv_answer){.nearest = nearest_allow(candidates, question)};
}

static const char *explain_match(const struct gv_answer *answer, struct gv_arena *arena)
{
    const struct gv_rule *rule = answer->rule;
    return gv_arena_format(arena, "%s by rule \"%s\" (%s:%u:%u)%s%s",
                           answer->allow ? "allowed" : "denied", rule->name, rule->place.file,
                           rule->place.line, rule->place.column, rule->message ? ": " : "",
                           rule->message ? rule->message : "");
}

/* Words of the question come from outside: cut short, so that an answer stays an answer. */
static struct gv_slice shown(struct gv_slice text)
{
    return (struct gv_slice){text.ptr, text.len < GV_NAME_MAX ? text.len : GV_NAME_MAX};
}

static const char *explain_nearest(const struct gv_set *set, const struct gv_question *question,
                                   const struct gv_rule *rule, struct gv_arena *arena)
{
    const char *roles = gv_set_role_names(set, rule->roles, arena);
    const char *resource = gv_resource_print(arena, &question->resource);
    if (!roles || !resource)
        return NULL;
    bool several = (rule->roles & (rule->roles - 1)) != 0;
    return gv_arena_format(
        arena, "no rule allows %.*s on %.*s; the nearest, \"%s\", needs role %s%s (%s:%u:%u)",
        GV_SLICE_ARG(shown(question->action)), GV_SLICE_ARG(shown(gv_slice_from(resource))),
        rule->name, several ? "one of " : "", roles, rule->place.file, rule->place.line,
        rule->place.column);
}

const char *gv_set_explain(const struct gv_set *set, const struct gv_question *question,
                           const struct gv_answer *answer, struct gv_arena *arena)
{
    if (answer->rule)
        return explain_match(answer, arena);
    if (answer->nearest)
        return explain_nearest(set, question, answer->nearest, arena);
    const struct gv_candidates *candidates =
        gv_set_candidates(set, question->package, question->action);
    if (!candidates)
        return gv_arena_format(arena, "no AccessPolicy has the package \"%.*s\"",
                               GV_SLICE_ARG(shown(gv_slice_from(question->package))));
    const char *resource = gv_resource_print(arena, &question->resource);
    if (!resource)
        return NULL;
    return gv_arena_format(arena, "no rule of package \"%s\" allows %.*s on %.*s to anyone",
                           question->package, GV_SLICE_ARG(shown(question->action)),
                           GV_SLICE_ARG(shown(gv_slice_from(resource))));
}

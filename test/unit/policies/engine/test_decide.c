/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/policies/engine/policy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define SCIENTIST GV_ROLE(0)
#define ARCHITECT GV_ROLE(1)
#define OWNER GV_ROLE(2)

/* Rules begin in line 24. */
static const char RULES[] = RACI ACCESS_HEAD
    "    - {name: work, effect: allow, roles: [data_scientist], actions: [\"mlops:log\",\n"
    "       \"mlops:read\"], resources: [\"run/**\", \"model/**\"]}\n"
    "    - {name: browse, effect: allow, actions: [\"mlops:read\"], resources: [\"server/*\"]}\n"
    "    - {name: all, effect: allow, roles: [data_architect], actions: [\"mlops:*\"],\n"
    "       resources: [\"workspace/*/**\"]}\n"
    "    - {name: freeze, effect: deny, actions: [\"mlops:log\"], resources: [\"run/frozen\"],\n"
    "       message: release freeze until 2 January}\n"
    "    - {name: hands-off, effect: deny, roles: [data_owner], actions: [\"*:log\"],\n"
    "       resources: [\"model/*\"]}\n"
    "    - {name: votes, effect: allow, roles: [data_owner, data_architect], actions: [\"vote\"],\n"
    "       resources: [\"decision/*\"]}\n"
    "---\napiVersion: gavel.dev/v1\nkind: AccessPolicy\nmetadata: {name: other}\n"
    "spec:\n  package: mlops/extra\n  rules:\n"
    "    - {name: extra, effect: allow, actions: [\"x\"], resources: [\"run/*\"]}\n";

struct decide_case {
    const char *package;
    gv_role_set roles;
    const char *action;
    const char *resource;
    bool allow;
    const char *explanation;
};

static const struct decide_case CASES[] = {
    {"authz", SCIENTIST, "mlops:log", "run/a", true, "allowed by rule \"work\" (p.yaml:24:7)"},
    {"authz", SCIENTIST, "mlops:read", "model", true, "allowed by rule \"work\" (p.yaml:24:7)"},
    {"authz", SCIENTIST, "mlops:log", "run/frozen", false,
     "denied by rule \"freeze\" (p.yaml:29:7): release freeze until 2 January"},
    {"authz", SCIENTIST | ARCHITECT, "mlops:log", "run/frozen", false,
     "denied by rule \"freeze\" (p.yaml:29:7): release freeze until 2 January"},
    {"authz", ARCHITECT, "mlops:delete", "workspace/w/model/x", true,
     "allowed by rule \"all\" (p.yaml:27:7)"},
    {"authz", ARCHITECT | OWNER, "mlops:log", "model/x", false,
     "denied by rule \"hands-off\" (p.yaml:31:7)"},
    {"authz", ARCHITECT | OWNER, "mlops:log", "model/x/v1", true,
     "allowed by rule \"all\" (p.yaml:27:7)"},
    {"authz", OWNER, "other:log", "model/x", false, "denied by rule \"hands-off\" (p.yaml:31:7)"},
    {"authz", 0, "mlops:read", "server/version", true, "allowed by rule \"browse\" (p.yaml:26:7)"},
    {"authz", OWNER, "mlops:log", "run/a", false,
     "no rule allows mlops:log on run/a; the nearest, \"work\", needs role data_scientist "
     "(p.yaml:24:7)"},
    {"authz", SCIENTIST, "mlops:delete", "workspace/w/run/a", false,
     "no rule allows mlops:delete on workspace/w/run/a; the nearest, \"all\", needs role "
     "data_architect (p.yaml:27:7)"},
    {"authz", SCIENTIST, "vote", "decision/1", false,
     "no rule allows vote on decision/1; the nearest, \"votes\", needs role one of data_architect, "
     "data_owner (p.yaml:33:7)"},
    {"authz", ARCHITECT, "other:log", "run/a", false,
     "no rule of package \"authz\" allows other:log on run/a to anyone"},
    {"authz", ARCHITECT, "", "run/a", false,
     "no rule of package \"authz\" allows  on run/a to anyone"},
    {"authz", ARCHITECT, "x", "run/a", false,
     "no rule of package \"authz\" allows x on run/a to anyone"},
    {"mlops/extra", 0, "x", "run/a", true, "allowed by rule \"extra\" (p.yaml:42:7)"},
    {"mlops/extra", ARCHITECT, "mlops:log", "run/a", false,
     "no rule of package \"mlops/extra\" allows mlops:log on run/a to anyone"},
    {"none", ARCHITECT, "mlops:log", "run/a", false, "no AccessPolicy has the package \"none\""},
};

static struct gv_question question_of(const struct decide_case *row)
{
    struct gv_question question = {
        .package = row->package, .roles = row->roles, .action = gv_slice_from(row->action)};
    assert_true(gv_resource_parse(gv_slice_from(row->resource), &question.resource, NULL));
    return question;
}

static void decides_and_explains(void **state)
{
    (void)state;
    struct gv_set *set = load_text(RULES, NULL, NULL);
    assert_non_null(set);
    struct gv_arena *arena = gv_arena_new(0);
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct gv_question question = question_of(&CASES[i]);
        struct gv_answer answer = gv_set_decide(set, &question);
        assert_string_equal(gv_set_explain(set, &question, &answer, arena), CASES[i].explanation);
        assert_int_equal(answer.allow, CASES[i].allow);
    }
    gv_arena_free(arena);
    gv_set_unref(set);
}

/* One of the rows that fit `seed`, so that the same seed always gives the same set. */
static void append_rule(struct gv_text *text, unsigned number, unsigned *seed)
{
    static const char *const ROLES[] = {"", "roles: [data_scientist], ", "roles: [data_owner], ",
                                        "roles: [data_scientist, data_architect], "};
    static const char *const ACTIONS[] = {"a:x", "a:y", "b:x", "a:*", "*", "*:x"};
    static const char *const RESOURCES[] = {
        "run/*", "run/1", "model/**",          "model/m/*",
        "**",    "*/1",   "workspace/*/run/1", "workspace/w/**"};
    *seed = *seed * 1103515245u + 12345u;
    unsigned dice = *seed >> 8;
    gv_text_format(text,
                   "    - {name: r%u, effect: %s, %sactions: [\"%s\"], resources: [\"%s\"]}\n",
                   number, dice % 5 == 0 ? "deny" : "allow", ROLES[dice / 5 % 4],
                   ACTIONS[dice / 20 % 6], RESOURCES[dice / 120 % 8]);
}

/* Whether the first rule with `effect` that matches, asked one by one, is what was answered. */
static bool rule_matches(const struct gv_rule *rule, const struct gv_question *question)
{
    bool role = rule->any_role || (rule->roles & question->roles);
    bool action = false;
    bool resource = false;
    for (size_t i = 0; i < rule->action_count; i++)
        action |= gv_glob_match(gv_slice_from(rule->actions[i]), question->action);
    for (size_t i = 0; i < rule->resource_count; i++)
        resource |= gv_resource_match(gv_slice_from(rule->resources[i]), &question->resource);
    return role && action && resource;
}

/* Every rule of a set by asking each in a set of its own would be slow; the rules of `r0`.. are
 * loaded alone once, and each alone is its own oracle. */
static void expect_as_if_unindexed(struct gv_set *const *alone, size_t count,
                                   const struct gv_set *whole, const struct gv_question *question)
{
    const char *deny = NULL;
    const char *allow = NULL;
    for (size_t i = 0; i < count; i++) {
        struct gv_answer answer = gv_set_decide(alone[i], question);
        if (!answer.rule)
            continue;
        assert_true(rule_matches(answer.rule, question));
        if (answer.rule->effect == GV_RULE_DENY && !deny)
            deny = answer.rule->name;
        if (answer.rule->effect == GV_RULE_ALLOW && !allow)
            allow = answer.rule->name;
    }
    struct gv_answer answer = gv_set_decide(whole, question);
    const char *expected = deny ? deny : allow ? allow : "";
    assert_string_equal(answer.rule ? answer.rule->name : "", expected);
    assert_int_equal(answer.allow, !deny && allow);
}

#define RULE_COUNT 24

static void the_index_changes_no_answer(void **state)
{
    (void)state;
    static const char *const ACTIONS[] = {"a:x", "a:y", "b:x", "b:y", "c"};
    static const char *const RESOURCES[] = {"run/1",
                                            "run/2",
                                            "model/m/v1",
                                            "model",
                                            "server/x",
                                            "workspace/w/run/1",
                                            "workspace/w/model/m"};
    for (unsigned round = 0; round < 20; round++) {
        unsigned seed = round;
        struct gv_set *alone[RULE_COUNT];
        struct gv_text whole = GV_TEXT_INIT;
        gv_text_string(&whole, RACI ACCESS_HEAD);
        for (unsigned i = 0; i < RULE_COUNT; i++) {
            struct gv_text one = GV_TEXT_INIT;
            unsigned before = seed;
            gv_text_string(&one, RACI ACCESS_HEAD);
            append_rule(&one, i, &before);
            append_rule(&whole, i, &seed);
            alone[i] = load_text(gv_text_cstr(&one), NULL, NULL);
            assert_non_null(alone[i]);
            gv_text_free(&one);
        }
        struct gv_set *set = load_text(gv_text_cstr(&whole), NULL, NULL);
        assert_non_null(set);
        for (unsigned i = 0; i < 5 * 7 * 8; i++) {
            struct decide_case row = {"authz", i / 35, ACTIONS[i % 5], RESOURCES[i / 5 % 7], 0, ""};
            struct gv_question question = question_of(&row);
            expect_as_if_unindexed(alone, RULE_COUNT, set, &question);
        }
        for (unsigned i = 0; i < RULE_COUNT; i++)
            gv_set_unref(alone[i]);
        gv_set_unref(set);
        gv_text_free(&whole);
    }
}

static void a_question_with_hostile_words_is_answered(void **state)
{
    (void)state;
    struct gv_set *set = load_text(RULES, NULL, NULL);
    char action[3000];
    memset(action, '*', sizeof(action));
    struct gv_question question = {.package = "authz",
                                   .roles = ~(gv_role_set)0,
                                   .action = {action, sizeof(action)},
                                   .resource = {GV_SLICE("default"), GV_SLICE("run/a")}};
    struct gv_answer answer = gv_set_decide(set, &question);
    assert_false(answer.allow);
    question.action = (struct gv_slice){"mlops:log\0x", 11};
    answer = gv_set_decide(set, &question);
    assert_string_equal(answer.rule->name, "all");
    question.roles = SCIENTIST;
    answer = gv_set_decide(set, &question);
    assert_false(answer.allow);
    struct gv_arena *arena = gv_arena_new(0);
    assert_true(strlen(gv_set_explain(set, &question, &answer, arena)) < 400);
    gv_arena_free(arena);
    gv_set_unref(set);
}

struct role_case {
    const char *claims;
    gv_role_set roles;
};

static void claims_give_roles_only_from_lists_of_strings(void **state)
{
    (void)state;
    static const struct role_case ROWS[] = {
        {"{\"realm_access\": {\"roles\": [\"data_scientist\"]}}", SCIENTIST},
        {"{\"realm_access\": {\"roles\": [\"x\", \"data_owner\", \"data_architect\"]}}",
         ARCHITECT | OWNER},
        {"{\"realm_access\": {\"roles\": \"data_scientist\"}}", 0},
        {"{\"realm_access\": {\"roles\": {\"data_scientist\": true}}}", 0},
        {"{\"realm_access\": {\"roles\": [[\"data_scientist\"], 5, null]}}", 0},
        {"{\"realm_access\": {\"roles\": [\"data_scientist\\u0000\", \"DATA_SCIENTIST\"]}}", 0},
        {"{\"realm_access\": [\"data_scientist\"]}", 0},
        {"{\"realm_access.roles\": [\"data_scientist\"]}", 0},
        {"{\"roles\": [\"data_scientist\"]}", 0},
        {"[]", 0},
        {"\"data_scientist\"", 0},
    };
    struct gv_set *set = load_text(RACI, NULL, NULL);
    struct gv_arena *arena = gv_arena_new(0);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        const struct gv_json *claims =
            gv_json_parse(arena, gv_slice_from(ROWS[i].claims), NULL, NULL);
        assert_non_null(claims);
        assert_int_equal(gv_set_resolve_roles(set, claims, NULL, 0, NULL), ROWS[i].roles);
    }
    assert_int_equal(gv_set_resolve_roles(set, NULL, NULL, 0, "ml-platform"), 0);
    gv_arena_free(arena);
    gv_set_unref(set);
}

static void assignments_give_roles_in_their_domain(void **state)
{
    (void)state;
    static const struct gv_assignment ASSIGNED[] = {
        {"ml-platform", "accountable"}, {"other", "informed"}, {"ml-platform", "consulted"}};
    struct gv_set *set = load_text(RACI, NULL, NULL);
    assert_int_equal(gv_set_resolve_roles(set, NULL, ASSIGNED, 3, "ml-platform"), ARCHITECT);
    assert_int_equal(gv_set_resolve_roles(set, NULL, ASSIGNED, 3, "other"), GV_ROLE(3));
    assert_int_equal(gv_set_resolve_roles(set, NULL, ASSIGNED, 3, "third"), 0);
    assert_int_equal(gv_set_resolve_roles(set, NULL, ASSIGNED, 3, NULL), 0);
    gv_set_unref(set);
}

static void roles_have_names_and_ranks(void **state)
{
    (void)state;
    struct gv_set *set = load_text(RACI, NULL, NULL);
    struct gv_arena *arena = gv_arena_new(0);
    unsigned role;
    assert_int_equal(gv_set_role_count(set), 4);
    assert_true(gv_set_role_find(set, GV_SLICE("data_owner"), &role));
    assert_int_equal(role, 2);
    assert_false(gv_set_role_find(set, GV_SLICE("data_own"), &role));
    assert_string_equal(gv_set_role_name(set, 1), "data_architect");
    assert_int_equal(gv_set_role_rank(set, 1), 3);
    assert_int_equal(gv_set_role_rank(set, 3), 0);
    assert_string_equal(gv_set_role_names(set, SCIENTIST | OWNER, arena),
                        "data_scientist, data_owner");
    assert_string_equal(gv_set_role_names(set, 0, arena), "nobody");
    gv_arena_free(arena);
    gv_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_and_explains),
        cmocka_unit_test(the_index_changes_no_answer),
        cmocka_unit_test(a_question_with_hostile_words_is_answered),
        cmocka_unit_test(claims_give_roles_only_from_lists_of_strings),
        cmocka_unit_test(assignments_give_roles_in_their_domain),
        cmocka_unit_test(roles_have_names_and_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

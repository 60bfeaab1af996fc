/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/policies/engine/policy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A text, and the findings that it gives, one a line, as a person reads them. */
struct finding_case {
    const char *text;
    const char *findings;
};

static char *print_all(const struct gv_findings *findings)
{
    struct gv_text text = GV_TEXT_INIT;
    for (size_t i = 0; i < findings->count; i++)
        gv_finding_print(&findings->items[i], (struct gv_slice){0}, false, &text);
    char *printed = strdup(gv_text_cstr(&text));
    gv_text_free(&text);
    return printed;
}

static void expect_findings(const struct finding_case *row)
{
    struct gv_findings findings = GV_FINDINGS_INIT;
    struct gv_error err = GV_ERROR_INIT;
    struct gv_set *set = load_text(row->text, &findings, &err);
    char *printed = print_all(&findings);
    assert_string_equal(printed, row->findings);
    assert_true((set == NULL) == (findings.errors > 0));
    assert_true((err.code != GV_ERROR_NONE) == (findings.errors > 0));
    free(printed);
    gv_findings_free(&findings);
    gv_set_unref(set);
}

static void expect_each(const struct finding_case *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_findings(&rows[i]);
}

#define EXPECT_EACH(rows) expect_each(rows, sizeof(rows) / sizeof((rows)[0]))

static void refuses_documents_that_it_does_not_know(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {"just text\n",
         "p.yaml:1:1: error: a document must be a mapping, found a string [wrong-type]\n"},
        {RACI "---\nkind: AccesPolicy\n",
         "p.yaml:18:7: error: unknown kind \"AccesPolicy\", did you mean \"AccessPolicy\"? "
         "[unknown-kind]\n"},
        {RACI "---\napiVersion: gavel.dev/v2\nkind: AccessPolicy\nmetadata: {name: a}\n",
         "p.yaml:18:13: error: unknown apiVersion \"gavel.dev/v2\"; this is gavel.dev/v1 "
         "[unknown-kind]\n"},
        {RACI "---\napiVersion: gavel.dev/v1\nmetadata: {name: a}\nspec: {}\n",
         "p.yaml:18:1: error: `kind` is missing: what the document declares [missing-key]\n"},
        {RACI "---\napiVersion: gavel.dev/v1\nkind: AccessPolicy\nspec: 5\n",
         "p.yaml:18:1: error: `metadata` is missing: how the document is called [missing-key]\n"
         "p.yaml:20:7: error: `spec` must be a mapping, found a whole number [wrong-type]\n"},
        {RACI "---\napiVersion: gavel.dev/v1\nkind: AdmissionPolicy\n",
         "p.yaml:19:7: error: the kind AdmissionPolicy is not available yet [not-available]\n"},
        {RACI "---\nkind: InjectionPolicy\n---\nkind: PolicyTest\n---\nkind: Invariant\n",
         "p.yaml:18:7: error: the kind InjectionPolicy is not available yet [not-available]\n"
         "p.yaml:20:7: error: the kind PolicyTest is not available yet [not-available]\n"
         "p.yaml:22:7: error: the kind Invariant is not available yet [not-available]\n"},
    };
    EXPECT_EACH(CASES);
}

static void wants_exactly_one_matrix(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {"", "p.yaml:1:1: error: the policy set has no RaciMatrix; declare the roles in a document "
             "of that kind [not-found]\n"},
        {RACI "---\napiVersion: gavel.dev/v1\nkind: RaciMatrix\nmetadata: {name: b}\n"
              "spec: {roles: {}}\n",
         "p.yaml:18:1: error: a policy set has one RaciMatrix; the first is at p.yaml:1:1 "
         "[conflict]\n"},
        {RACI PROMOTION_HEAD "  targets: {}\n  paths: []\n" PROMOTION_HEAD
                             "  targets: {}\n  paths: []\n",
         "p.yaml:28:18: error: a second PromotionPolicy \"models\"; the first is at p.yaml:18:1 "
         "[duplicate-name]\n"},
    };
    EXPECT_EACH(CASES);
    struct gv_error err = GV_ERROR_INIT;
    assert_null(gv_set_load(NULL, 0, NULL, NULL, &err));
    assert_int_equal(err.code, GV_ERROR_NOT_FOUND);
}

static void reports_mistakes_in_the_matrix(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {MATRIX_HEAD "  role: {}\n",
         "p.yaml:5:3: error: `roles` is missing: the roles, by name [missing-key]\n"
         "p.yaml:5:3: error: unknown key \"role\", did you mean \"roles\"? [unknown-key]\n"},
        {MATRIX_HEAD "  roles: [a]\n",
         "p.yaml:5:10: error: `roles` must be a mapping of names, found a list [wrong-type]\n"},
        {MATRIX_HEAD "  roles: {a: b}\n",
         "p.yaml:5:14: error: \"a\" must be a mapping (a role, and who holds it), found a string "
         "[wrong-type]\n"},
        {MATRIX_HEAD "  roles: {\"a b\": {assigned: [informed]}}\n",
         "p.yaml:5:11: error: \"a b\" is no name: letters, digits, \"_\", \"-\" and \".\", "
         "beginning with a letter or digit [invalid]\n"},
        {MATRIX_HEAD "  roles: {a: {assigned: [informd]}}\n",
         "p.yaml:5:26: error: unknown assignment \"informd\", did you mean \"informed\"? "
         "[unknown-value]\n"},
        {MATRIX_HEAD "  roles: {a: {claims: [{path: [], has: 5}], rank: 1001}}\n",
         "p.yaml:5:31: error: a claim path has 1 to 8 keys [limit]\n"
         "p.yaml:5:40: error: `has` must be a string, found a whole number; put it in quotes "
         "[wrong-type]\n"
         "p.yaml:5:51: error: `rank` must be from 0 to 1000 [out-of-range]\n"},
        {MATRIX_HEAD "  roles: {a: {claims: [{path: a, has: x}]}}\n",
         "p.yaml:5:31: error: `path` must be a list of strings, found a string [wrong-type]\n"},
        {MATRIX_HEAD "  roles: {a: {assigned: [informed]}}\n  activities:\n    go: "
                     "{responsible: [b]}\n",
         "p.yaml:7:5: error: the activity \"go\" has no accountable role; name the one that "
         "answers for it [activity-without-accountable]\n"
         "p.yaml:7:24: error: unknown role \"b\"; known: a [unknown-role]\n"},
        {MATRIX_HEAD "  roles: {a: {assigned: [informed]}}\n  activities:\n    go: "
                     "{accountable: [a, a]}\n",
         "p.yaml:7:23: error: `accountable` must be a name, found a list [wrong-type]\n"},
        {MATRIX_HEAD "  roles:\n    a: {}\n",
         "p.yaml:6:5: warning: nobody can hold the role \"a\": give it `claims` or `assigned` "
         "[role-nobody-can-hold]\n"},
    };
    EXPECT_EACH(CASES);
}

/* The line of the first target is 24. */
#define WITH_TARGETS(targets) RACI PROMOTION_HEAD "  paths: []\n  targets:\n" targets

static void reports_mistakes_in_targets(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {WITH_TARGETS("    None: {}\n"),
         "p.yaml:25:5: error: the target name none is reserved: it means no target at all "
         "[conflict]\n"},
        {WITH_TARGETS("    a: {stages: [Prod, productoin, none]}\n"),
         "p.yaml:25:18: error: unknown stage \"Prod\"; known: None, Staging, Production, Archived "
         "[unknown-value]\n"
         "p.yaml:25:24: error: unknown stage \"productoin\", did you mean \"Production\"? "
         "[unknown-value]\n"
         "p.yaml:25:36: error: stage None is what every new version has; a target cannot claim it "
         "[conflict]\n"},
        {WITH_TARGETS("    a: {aliases: [\"ch\xd0\xb0mpion\", latest, v12]}\n"),
         "p.yaml:25:19: error: the alias \"ch\xd0\xb0mpion\" must be ASCII letters, digits, \"_\" "
         "and \"-\", at most 128, so that no look-alike can pass for it [invalid]\n"
         "p.yaml:25:32: error: MLflow reserves the alias \"latest\" [invalid]\n"
         "p.yaml:25:40: error: MLflow reserves the alias \"v12\" [invalid]\n"},
        {WITH_TARGETS("    a: {stages: [Staging], aliases: [x], tags: [{key: e, value: p}]}\n"
                      "    b: {stages: [STAGING], aliases: [X], tags: [{key: e, value: p}]}\n"),
         "p.yaml:26:18: error: this stage belongs to target \"a\" (p.yaml:25:5) already "
         "[conflict]\n"
         "p.yaml:26:38: error: this alias belongs to target \"a\" (p.yaml:25:5) already "
         "[conflict]\n"
         "p.yaml:26:49: error: this tag belongs to target \"a\" (p.yaml:25:5) already "
         "[conflict]\n"},
        {WITH_TARGETS("    prod: {}\n    PROD: {}\n"),
         "p.yaml:26:5: error: this name, without regard to case, belongs to target \"prod\" "
         "(p.yaml:25:5) already [conflict]\n"},
        {WITH_TARGETS("    a: {effects: [{}, {stage: Staging, alias: x},\n"
                      "                  {alias: x, archiveExisting: true}]}\n"),
         "p.yaml:25:19: error: an effect has one of `stage`, `alias` and `tag`; this has none "
         "[invalid]\n"
         "p.yaml:25:23: error: an effect has one of `stage`, `alias` and `tag`; this has several "
         "[invalid]\n"
         "p.yaml:26:19: error: `archiveExisting` goes with `stage` only [invalid]\n"},
        {WITH_TARGETS("    a: {stages: [Staging], effects: [{stage: Staging, archive_existing: "
                      "true}]}\n"),
         "p.yaml:25:55: error: unknown key \"archive_existing\", did you mean \"archiveExisting\"? "
         "[unknown-key]\n"},
        {WITH_TARGETS("    a: {stages: [Staging], effects: [{stage: Staging}, {alias: champ}]}\n"
                      "    b: {aliases: [champ]}\n"),
         "p.yaml:25:37: error: the effect \"champ\" of target \"a\" would put the version into "
         "target \"b\", past its path [conflict]\n"},
        {WITH_TARGETS("    a: {names: [\"ws/x\"], tags: [{key: env, value: 1}]}\n"),
         "p.yaml:25:17: error: malformed pattern \"ws/x\": no name has a \"/\" [bad-pattern]\n"
         "p.yaml:25:51: error: `value` must be a string, found a whole number; put it in quotes "
         "[wrong-type]\n"},
    };
    EXPECT_EACH(CASES);
}

/* The line of the first path is 29. */
#define WITH_PATHS(paths) RACI PROMOTION_HEAD TARGETS "  paths:\n" paths
#define WITH_APPROVAL(approval)                                                        \
    WITH_PATHS("    - {from: none, to: production, activity: promote-to-production,\n" \
               "       approval: " approval "}\n")
#define NO_WAY_BACK \
    "p.yaml:25:5: info: no path leads out of the target \"production\" [no-way-back]\n"

static void reports_mistakes_in_paths(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {WITH_PATHS("    - {from: non, to: produktion, request: [x], approval: nono}\n"),
         "p.yaml:29:14: error: unknown target \"non\", did you mean \"none\"? [unknown-target]\n"
         "p.yaml:29:23: error: unknown target \"produktion\", did you mean \"production\"? "
         "[unknown-target]\n"
         "p.yaml:29:45: error: unknown role \"x\"; known: data_scientist, data_architect, "
         "data_owner, data_steward [unknown-role]\n"
         "p.yaml:29:59: error: unknown `approval` \"nono\", did you mean \"none\"? "
         "[unknown-value]\n"},
        {WITH_PATHS("    - {from: staging, to: staging, request: [data_owner], approval: none}\n"),
         "p.yaml:29:7: error: a path leads from one target to another [invalid]\n"},
        {WITH_PATHS("    - {from: none, to: staging, request: [data_owner], approval: none}\n"
                    "    - {from: none, to: staging, request: [data_owner], approval: none}\n"),
         "p.yaml:30:7: error: a second path from none to staging; the first is at p.yaml:29:7 "
         "[conflict]\n"},
        {WITH_PATHS("    - {from: none, to: staging, request: [data_owner]}\n"),
         "p.yaml:29:7: error: the path requires approval but nobody to give it: name an `activity` "
         "or an `approval.quorum`, or say `approval: none` [missing-key]\n"},
        {WITH_PATHS("    - {from: none, to: staging, approval: none}\n"),
         "p.yaml:29:7: error: `request` is missing: without an `activity` it must say which roles "
         "may ask [missing-key]\n"},
        {WITH_PATHS("    - {from: none, to: staging, request: [], approval: none}\n"),
         "p.yaml:29:42: error: an empty `request` lets nobody ask; take the path out instead "
         "[invalid]\n"},
        {WITH_PATHS("    - {from: none, to: staging, activity: promote_to_production}\n"),
         "p.yaml:29:43: error: unknown activity \"promote_to_production\", did you mean "
         "\"promote-to-production\"? [unknown-activity]\n"},
        {WITH_PATHS(
             "    - {from: none, to: staging, activity: promote-to-production, gates: []}\n"),
         "p.yaml:29:66: error: expressions are not available yet: take `gates` out "
         "[not-available]\n"},
        {WITH_PATHS("    - nonsense\n"), "p.yaml:29:7: error: an element of `paths` must be a "
                                         "mapping, found a string [wrong-type]\n"},
        {WITH_PATHS("    - {from: none, to: staging, activity: promote-to-production, directCall: "
                    "allow, rollback: yes}\n"),
         "p.yaml:29:78: error: unknown `directCall` \"allow\"; known: refuse, request "
         "[unknown-value]\n"
         "p.yaml:29:95: error: `rollback` must be true or false, found a string [wrong-type]\n"},
        {RACI PROMOTION_HEAD "  mode: observe\n  targets: {}\n  paths: []\n",
         "p.yaml:23:9: error: mode observe is not available yet, only enforce is "
         "[not-available]\n"},
        {RACI PROMOTION_HEAD "  variables: []\n  targets: {}\n  paths: []\n",
         "p.yaml:23:3: error: expressions are not available yet: take `variables` out "
         "[not-available]\n"},
    };
    EXPECT_EACH(CASES);
}

static void reports_mistakes_in_approvals(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {WITH_APPROVAL("{quorum: []}"),
         "p.yaml:30:27: error: an empty quorum; a path without approval says `approval: none` "
         "[invalid]\n"},
        {WITH_APPROVAL("{quorum: [{role: data_owner, count: 0}, {role: data_owner}]}"),
         "p.yaml:30:54: error: `count` must be from 1 to 64 [out-of-range]\n"
         "p.yaml:30:65: error: the quorum has seats of \"data_owner\" already; raise their `count` "
         "[duplicate-name]\n"},
        {WITH_APPROVAL("{quorum: [{role: data_owner, count: every}]}"),
         "p.yaml:30:54: error: unknown `count` \"every\"; known: all [unknown-value]\n"},
        {WITH_APPROVAL("{expiresAfter: 30, veto: {roles: [data_owner]}}"),
         "p.yaml:30:33: error: `expiresAfter` must be a duration, found a whole number "
         "[wrong-type]\n"
         "p.yaml:30:43: error: `lasts` is missing: how long it can be used [missing-key]\n"},
        {WITH_APPROVAL("{expiresAfter: 0s, breakGlass: {roles: [], reviewWithin: 11y}}"),
         "p.yaml:30:33: error: `expiresAfter` must be more than nothing and at most 3660d "
         "[out-of-range]\n"
         "p.yaml:30:57: error: an empty list of roles gives the right to nobody; take it out "
         "[invalid]\n"
         "p.yaml:30:75: error: `reviewWithin`: \"11y\" is not a duration; write numbers with units "
         "(w, d, h, m, s, ms, us), like 30d, 1h30m or 250ms [syntax]\n"},
        {WITH_APPROVAL("{consult: {blocking: true}}"),
         "p.yaml:30:28: error: `window` is missing: a blocking consultation needs an end "
         "[missing-key]\n"},
        {WITH_APPROVAL("[data_owner]"),
         "p.yaml:30:18: error: `approval` must be none or a mapping, found a list "
         "[wrong-type]\n"},
    };
    EXPECT_EACH(CASES);
}

static void lints_quorums(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {WITH_APPROVAL("{quorum: [{role: data_owner, count: all}]}"), NO_WAY_BACK
         "p.yaml:29:7: warning: the quorum has no seat of \"data_architect\", who is accountable "
         "for \"promote-to-production\" [quorum-differs]\n"
         "p.yaml:29:7: warning: the quorum needs all who are assigned the role \"data_owner\", but "
         "nobody can be: give it `assigned` [quorum-impossible]\n"},
        {WITH_APPROVAL("{consult: {roles: [data_steward]}}"),
         NO_WAY_BACK "p.yaml:29:7: warning: the consulted roles are not those of the activity "
                     "\"promote-to-production\" [consultation-differs]\n"},
        {WITH_PATHS("    - {from: none, to: production, request: [data_owner],\n"
                    "       approval: {quorum: [{role: data_owner, count: 2}]}}\n"),
         NO_WAY_BACK "p.yaml:29:7: info: only \"data_owner\" may ask and only \"data_owner\" may "
                     "approve: with separation of duties the quorum is impossible for fewer than "
                     "3 holders [quorum-of-peers]\n"},
        {MATRIX_HEAD "  roles: {admin: {assigned: [accountable]}, nobody: {}}\n---\n"
                     "apiVersion: gavel.dev/v1\nkind: PromotionPolicy\nmetadata: {name: p}\nspec:\n"
                     "  models: [x]\n  targets: {t: {aliases: [t], effects: [{alias: t}]}}\n"
                     "  paths:\n"
                     "    - {from: none, to: t, request: [admin], approval: {quorum: [{role: "
                     "nobody}, {role: admin}]}}\n"
                     "    - {from: t, to: none, request: [admin], approval: none}\n",
         "p.yaml:5:45: warning: nobody can hold the role \"nobody\": give it `claims` or "
         "`assigned` [role-nobody-can-hold]\n"
         "p.yaml:14:7: error: the quorum needs the role \"admin\", which fills no quorum; name who "
         "answers for the model [quorum-of-admin]\n"
         "p.yaml:14:7: warning: the quorum needs the role \"nobody\", which nobody can hold "
         "[quorum-impossible]\n"},
    };
    EXPECT_EACH(CASES);
}

static void lints_paths_and_targets(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {WITH_PATHS("    - {from: staging, to: none, request: [data_owner], approval: none}\n"),
         "p.yaml:29:7: warning: this path is never taken: no path leads from none to staging "
         "[path-unreachable]\n"},
        {WITH_PATHS("    - {from: none, to: staging, request: [data_owner], approval: none}\n"
                    "    - {from: staging, to: archived, request: [data_owner], approval: none, "
                    "rollback: true}\n"),
         "p.yaml:27:5: info: no path leads out of the target \"archived\" [no-way-back]\n"
         "p.yaml:30:7: warning: this rollback is never taken: no path leads to archived, so no "
         "version held it before [path-unreachable]\n"},
        {RACI PROMOTION_HEAD
         "  targets:\n    a: {aliases: [a]}\n    b: {aliases: [b], effects: [{alias: c}]}\n"
         "  paths:\n    - {from: none, to: a, request: [data_owner], approval: none}\n"
         "    - {from: a, to: b, request: [data_owner], approval: none}\n"
         "    - {from: b, to: none, request: [data_owner], approval: none}\n",
         "p.yaml:24:5: warning: a path leads to the target \"a\", but it has no `effects` that "
         "would put a version there [target-without-effect]\n"
         "p.yaml:25:5: error: none of the effects puts a version into the target \"b\": one of "
         "them must be a stage, alias or tag of the target [effect-misses-target]\n"},
        {RACI PROMOTION_HEAD "  targets: {}\n  paths: []\n---\napiVersion: gavel.dev/v1\n"
                             "kind: PromotionPolicy\nmetadata: {name: other}\n"
                             "spec: {models: [x], targets: {}, paths: []}\n",
         "p.yaml:26:1: warning: the PromotionPolicy \"models\" (p.yaml:18:1) governs all models of "
         "this one; the first that matches counts [policy-hidden]\n"},
    };
    EXPECT_EACH(CASES);
}

/* The line of the first rule is 24. */
#define WITH_RULES(rules) RACI ACCESS_HEAD rules

static void reports_mistakes_in_rules(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {WITH_RULES("    - {name: r, effect: alow, roles: [data_architct], actions: [a], "
                    "resources: [\"modl/**\"]}\n"),
         "p.yaml:24:25: error: unknown `effect` \"alow\", did you mean \"allow\"? "
         "[unknown-value]\n"
         "p.yaml:24:39: error: unknown role \"data_architct\", did you mean \"data_architect\"? "
         "[unknown-role]\n"
         "p.yaml:24:81: error: unknown kind of resource \"modl\", did you mean \"model\"? "
         "[bad-pattern]\n"},
        {WITH_RULES("    - {name: r, effect: deny}\n"),
         "p.yaml:24:7: error: `actions` is missing: which actions, as mlops:read; * stands for "
         "any run of characters [missing-key]\n"
         "p.yaml:24:7: error: `resources` is missing: patterns of resources; * within a segment, "
         "** across [missing-key]\n"},
        {WITH_RULES("    - {name: r, effect: deny, actions: [\"a**\", \"a b\"], resources: "
                    "[\"model//x\", \"model/%2f\", \"***\"]}\n"),
         "p.yaml:24:41: error: \"a**\" is no action: letters, digits, \"_\", \"-\", \".\", \":\" "
         "and \"*\" for any run of them [bad-pattern]\n"
         "p.yaml:24:48: error: \"a b\" is no action: letters, digits, \"_\", \"-\", \".\", \":\" "
         "and \"*\" for any run of them [bad-pattern]\n"
         "p.yaml:24:68: error: malformed pattern: it has an empty segment [bad-pattern]\n"
         "p.yaml:24:80: error: malformed pattern: \"%\" begins only %2F (/), %25 (%), %2A (*) or a "
         "control byte, with upper-case digits [bad-pattern]\n"
         "p.yaml:24:93: error: malformed pattern: \"*\" matches within a segment, \"**\" across; "
         "\"***\" is nothing [bad-pattern]\n"},
        {WITH_RULES("    - {name: r, effect: deny, actions: [a], resources: [model/x]}\n"
                    "    - {name: r, effect: deny, actions: [b], resources: [model/x]}\n"),
         "p.yaml:25:14: error: a second rule \"r\"; the first is at p.yaml:24:7 "
         "[duplicate-name]\n"},
        {WITH_RULES("    - name: freeze\n      effect: deny\n      actions: [a]\n"
                    "      resources: [model/x]\n      condition: now > then\n"
                    "      messageExpression: a\n"),
         "p.yaml:28:7: error: expressions are not available yet: take `condition` out "
         "[not-available]\n"
         "p.yaml:29:7: error: expressions are not available yet: take `messageExpression` out "
         "[not-available]\n"},
        {RACI "---\napiVersion: gavel.dev/v1\nkind: AccessPolicy\nmetadata: {name: a}\n"
              "spec: {package: /authz, rules: []}\n",
         "p.yaml:21:17: error: \"/authz\" is no package: names joined by \"/\" [invalid]\n"},
    };
    EXPECT_EACH(CASES);
}

static void lints_rules(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {WITH_RULES("    - {name: r, effect: deny, roles: [], actions: [a], resources: [run/x]}\n"
                    "    - {name: s, effect: deny, actions: [], resources: [run/x]}\n"
                    "    - {name: t, effect: deny, actions: [a], resources: []}\n"),
         "p.yaml:24:7: warning: the rule \"r\" matches nothing: its list of roles is empty; "
         "without `roles` it is about anyone [rule-never-matches]\n"
         "p.yaml:25:7: warning: the rule \"s\" matches nothing: its list of actions is empty "
         "[rule-never-matches]\n"
         "p.yaml:26:7: warning: the rule \"t\" matches nothing: its list of resources is empty "
         "[rule-never-matches]\n"},
        {WITH_RULES("    - {name: r, effect: allow, roles: [data_owner], actions: [\"m:a\"], "
                    "resources: [\"model/x/*\"]}\n"
                    "    - {name: s, effect: deny, actions: [\"m:*\"], resources: "
                    "[\"model/**\"]}\n"),
         "p.yaml:24:7: warning: the rule \"r\" changes nothing: \"s\" (p.yaml:25:7) denies "
         "whatever it matches [rule-hidden]\n"},
        {WITH_RULES("    - {name: r, effect: allow, actions: [\"m:a\"], resources: [\"**\"]}\n"
                    "    - {name: s, effect: allow, actions: [\"m:a\"], resources: "
                    "[\"run/*\"]}\n"
                    "    - {name: t, effect: allow, actions: [\"m:a\"], resources: "
                    "[\"workspace/w/run/*\"]}\n"),
         "p.yaml:25:7: info: the rule \"s\" changes nothing: \"r\" (p.yaml:24:7) allows whatever "
         "it matches [rule-redundant]\n"},
    };
    EXPECT_EACH(CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_documents_that_it_does_not_know),
        cmocka_unit_test(wants_exactly_one_matrix),
        cmocka_unit_test(reports_mistakes_in_the_matrix),
        cmocka_unit_test(reports_mistakes_in_targets),
        cmocka_unit_test(reports_mistakes_in_paths),
        cmocka_unit_test(reports_mistakes_in_approvals),
        cmocka_unit_test(lints_quorums),
        cmocka_unit_test(lints_paths_and_targets),
        cmocka_unit_test(reports_mistakes_in_rules),
        cmocka_unit_test(lints_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

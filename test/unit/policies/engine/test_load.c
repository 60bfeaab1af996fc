/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policies/engine/base/panic.h"
#include "policies/engine/limits.h"

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

static const char WHOLE[] = RACI PROMOTION_HEAD
    "  domain: fraud\n" TARGETS "  paths:\n"
    "    - {from: none, to: staging, request: [data_scientist], approval: none}\n"
    "    - {from: staging, to: production, activity: promote-to-production, directCall: request}\n"
    "    - from: production\n"
    "      to: archived\n"
    "      activity: promote-to-production\n"
    "      request: [data_owner]\n"
    "      approval:\n"
    "        quorum: [{role: data_architect, count: all}, {role: data_owner, count: 2}]\n"
    "        separationOfDuties: false\n"
    "        unknownAuthor: deny\n"
    "        consult: {window: 24h, blocking: true}\n"
    "        expiresAfter: 7d\n"
    "        veto: {roles: [data_owner], lasts: 12h}\n"
    "        breakGlass: {roles: [data_architect], reviewWithin: 1d12h}\n"
    "    - {from: archived, to: production, activity: promote-to-production, rollback: "
    "true}\n" ACCESS_HEAD "    - name: work\n"
    "      effect: allow\n"
    "      roles: [data_scientist]\n"
    "      actions: [\"mlops:read\", \"mlops:log\"]\n"
    "      resources: [\"model/**\"]\n";

static void loads_what_the_language_has(void **state)
{
    (void)state;
    static const struct finding_case CASES[] = {
        {WHOLE, ""},
        {RACI, ""},
        {"---\n---\n" RACI "---\n", ""},
        {RACI PROMOTION_HEAD "  mode: enforce\n  targets: {}\n  paths: []\n", ""},
    };
    EXPECT_EACH(CASES);
}

static void keeps_what_a_path_says(void **state)
{
    (void)state;
    struct gv_set *set = load_text(WHOLE, NULL, NULL);
    assert_non_null(set);
    const struct gv_promotion *models = gv_set_promotion_at(set, 0);
    assert_string_equal(models->domain, "fraud");
    assert_int_equal(models->path_count, 4);
    const struct gv_path *archive = &models->paths[2];
    assert_int_equal(archive->from, 1);
    assert_int_equal(archive->to, 2);
    assert_int_equal(archive->request, GV_ROLE(2));
    assert_int_equal(archive->informed, GV_ROLE(3));
    assert_false(archive->approval.separation_of_duties);
    assert_true(archive->approval.unknown_author_denied);
    assert_int_equal(archive->approval.seat_count, 2);
    assert_true(archive->approval.seats[0].all);
    assert_int_equal(archive->approval.seats[0].count, 0);
    assert_int_equal(archive->approval.seats[1].count, 2);
    assert_int_equal(archive->approval.consult_window, 24 * GV_HOUR);
    assert_true(archive->approval.consult_blocking);
    assert_int_equal(archive->approval.consulted, GV_ROLE(2));
    assert_int_equal(archive->approval.expires_after, 7 * GV_DAY);
    assert_int_equal(archive->approval.veto_roles, GV_ROLE(2));
    assert_int_equal(archive->approval.veto_lasts, 12 * GV_HOUR);
    assert_int_equal(archive->approval.break_glass_roles, GV_ROLE(1));
    assert_int_equal(archive->approval.break_glass_review, 36 * GV_HOUR);
    assert_int_equal(archive->place.line, 32);
    assert_int_equal(archive->place.column, 7);
    assert_string_equal(archive->place.file, "p.yaml");
    assert_true(models->paths[3].rollback);
    gv_set_unref(set);
}

static void fills_in_what_a_path_leaves_out(void **state)
{
    (void)state;
    struct gv_set *set = load_text(WHOLE, NULL, NULL);
    assert_non_null(set);
    const struct gv_path *paths = gv_set_promotion_at(set, 0)->paths;
    assert_int_equal(paths[0].from, GV_TARGET_NONE);
    assert_false(paths[0].approval.required);
    assert_false(paths[0].direct_call_requests);
    const struct gv_path *promote = &paths[1];
    assert_true(promote->direct_call_requests);
    assert_int_equal(promote->request, GV_ROLE(0));
    assert_string_equal(promote->activity, "promote-to-production");
    assert_true(promote->approval.required);
    assert_int_equal(promote->approval.seat_count, 1);
    assert_int_equal(promote->approval.seats[0].role, 1);
    assert_int_equal(promote->approval.seats[0].count, 1);
    assert_true(promote->approval.separation_of_duties);
    assert_false(promote->approval.unknown_author_denied);
    assert_int_equal(promote->approval.consulted, GV_ROLE(2));
    assert_false(promote->approval.consult_blocking);
    assert_int_equal(promote->approval.expires_after, 30 * GV_DAY);
    assert_int_equal(promote->approval.veto_roles, 0);
    gv_set_unref(set);
}

static void stores_stages_in_mlflows_spelling(void **state)
{
    (void)state;
    struct gv_set *set = load_text(WHOLE, NULL, NULL);
    assert_non_null(set);
    const struct gv_target *targets = gv_set_promotion_at(set, 0)->targets;
    assert_string_equal(targets[0].stages[0], "Staging");
    assert_string_equal(targets[0].effects[0].name, "Staging");
    assert_string_equal(targets[1].effects[0].name, "Production");
    assert_true(targets[1].effects[0].archive_existing);
    assert_int_equal(targets[1].effects[1].kind, GV_EFFECT_ALIAS);
    assert_string_equal(targets[1].effects[1].name, "champion");
    gv_set_unref(set);
}

static void the_domain_is_the_matrix_name_unless_said(void **state)
{
    (void)state;
    struct gv_set *set = load_text(RACI PROMOTION_HEAD "  targets: {}\n  paths: []\n", NULL, NULL);
    assert_non_null(set);
    assert_string_equal(gv_set_promotion_at(set, 0)->domain, "ml-platform");
    gv_set_unref(set);
}

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

#define MATRIX_HEAD "apiVersion: gavel.dev/v1\nkind: RaciMatrix\nmetadata: {name: m}\nspec:\n"

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

static void tells_of_all_files_at_once(void **state)
{
    (void)state;
    const struct gv_policy_source sources[] = {
        {"b.yaml", GV_SLICE("kind: [")},
        {"a.yaml", gv_slice_from(RACI)},
        {"c.yaml", GV_SLICE("kind: Nonsense\n")},
    };
    struct gv_findings findings = GV_FINDINGS_INIT;
    struct gv_error err = GV_ERROR_INIT;
    assert_null(gv_set_load(sources, 3, NULL, &findings, &err));
    assert_int_equal(findings.errors, 2);
    assert_string_equal(findings.items[0].file, "b.yaml");
    assert_string_equal(findings.items[1].file, "c.yaml");
    assert_string_equal(err.file, "b.yaml");
    gv_findings_free(&findings);
}

static void a_file_that_cannot_be_read_does_not_make_roles_unknown(void **state)
{
    (void)state;
    const struct gv_policy_source sources[] = {
        {"access.yaml", gv_slice_from(&ACCESS_HEAD "    - {name: r, effect: allow, roles: [x], "
                                                   "actions: [a], resources: [run/x]}\n"[4])},
        {"raci.yaml", GV_SLICE("kind: [")},
    };
    struct gv_findings findings = GV_FINDINGS_INIT;
    assert_null(gv_set_load(sources, 2, NULL, &findings, NULL));
    assert_int_equal(findings.errors, 1);
    assert_string_equal(findings.items[0].file, "raci.yaml");
    gv_findings_free(&findings);
}

/* Text made of a head, `count` times a row with its number, and a tail. */
static char *repeat(const char *head, const char *row, size_t count, const char *tail)
{
    struct gv_text text = GV_TEXT_INIT;
    gv_text_string(&text, head);
    for (size_t i = 0; i < count; i++) {
        struct gv_slice rest = gv_slice_from(row);
        while (rest.len > 0) {
            bool last = !memchr(rest.ptr, '#', rest.len);
            gv_text_append(&text, gv_slice_split(&rest, '#'));
            if (!last)
                gv_text_format(&text, "%zu", i);
        }
    }
    gv_text_string(&text, tail);
    return gv_text_take(&text);
}

struct limit_case {
    const char *head;
    const char *row;
    const char *tail;
    size_t most;
};

/* The first error's code with `count` rows. */
static enum gv_error_code load_repeated(const struct limit_case *row, size_t count)
{
    char *text = repeat(row->head, row->row, count, row->tail);
    struct gv_error err = GV_ERROR_INIT;
    struct gv_set *set = load_text(text, NULL, &err);
    gv_set_unref(set);
    free(text);
    return err.code;
}

static void each_limit_holds_exactly(void **state)
{
    (void)state;
    static const struct limit_case CASES[] = {
        {MATRIX_HEAD "  roles:\n", "    r#: {assigned: [informed]}\n", "", GV_ROLES_MAX},
        {RACI, "    a#: {accountable: data_owner}\n", "", GV_ACTIVITIES_MAX - 1},
        {RACI PROMOTION_HEAD "  paths: []\n  targets:\n", "    t#: {}\n", "", GV_TARGETS_MAX},
        {RACI PROMOTION_HEAD "  targets: {}\n  paths: []\n",
         "---\napiVersion: gavel.dev/v1\nkind: PromotionPolicy\nmetadata: {name: p#}\n"
         "spec: {models: [x], targets: {}, paths: []}\n",
         "", GV_PROMOTIONS_MAX - 1},
        {RACI ACCESS_HEAD, "    - {name: r#, effect: deny, actions: [a], resources: [run/r#]}\n",
         "", GV_RULES_MAX},
        {RACI ACCESS_HEAD, "    - {name: r#, effect: deny, actions: [a#], resources: [run/x]}\n",
         "", GV_ACTIONS_MAX},
        {RACI ACCESS_HEAD "    - {name: r, effect: deny, actions: [a], resources: [\n", "run/r#,",
         "]}\n", GV_LIST_MAX},
        {RACI ACCESS_HEAD "    - {name: r, effect: deny, actions: [a], resources: [run/x", "-*",
         "]}\n", GV_WILDCARDS_MAX},
        {RACI ACCESS_HEAD "    - {name: r, effect: deny, actions: [a], resources: [run/", "x",
         "]}\n", GV_PATTERN_MAX - 4},
        {RACI ACCESS_HEAD "    - {name: r, effect: deny, actions: [a], resources: [run/x], "
                          "message: ",
         "x", "}\n", GV_TEXT_MAX},
        {RACI ACCESS_HEAD "    - {effect: deny, actions: [a], resources: [run/x], name: ", "x",
         "}\n", GV_NAME_MAX},
        {MATRIX_HEAD "  roles: {a: {claims: [{has: x, path: [", "k,", "]}]}}\n", GV_CLAIM_PATH_MAX},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        assert_int_equal(load_repeated(&CASES[i], CASES[i].most), GV_ERROR_NONE);
        assert_int_equal(load_repeated(&CASES[i], CASES[i].most + 1), GV_ERROR_LIMIT);
    }
}

static void paths_have_a_limit(void **state)
{
    (void)state;
    /* 17 targets and none make 306 different paths, more than the limit. */
    struct gv_text text = GV_TEXT_INIT;
    gv_text_string(&text, RACI PROMOTION_HEAD "  targets:\n");
    for (int i = 0; i < 17; i++)
        gv_text_format(&text, "    t%d: {aliases: [a%d], effects: [{alias: a%d}]}\n", i, i, i);
    gv_text_string(&text, "  paths:\n");
    for (int i = 0; i < 256; i++)
        gv_text_format(&text, "    - {from: t%d, to: t%d, request: [data_owner], approval: none}\n",
                       i / 16, (i / 16 + 1 + i % 16) % 17);
    struct gv_set *set = load_text(gv_text_cstr(&text), NULL, NULL);
    assert_non_null(set);
    gv_set_unref(set);
    gv_text_string(&text, "    - {from: none, to: t0, request: [data_owner], approval: none}\n");
    struct gv_error err = GV_ERROR_INIT;
    assert_null(load_text(gv_text_cstr(&text), NULL, &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
    gv_text_free(&text);
}

/* A quorum with seats of `count` roles. */
static enum gv_error_code load_quorum(int count)
{
    struct gv_text text = GV_TEXT_INIT;
    gv_text_string(&text, MATRIX_HEAD "  roles:\n");
    for (int i = 0; i < count; i++)
        gv_text_format(&text, "    r%d: {assigned: [accountable]}\n", i);
    gv_text_string(&text, PROMOTION_HEAD TARGETS "  paths:\n    - {from: none, to: staging, "
                                                 "request: [r0], approval: {quorum: [");
    for (int i = 0; i < count; i++)
        gv_text_format(&text, "{role: r%d},", i);
    gv_text_string(&text, "]}}\n");
    struct gv_error err = GV_ERROR_INIT;
    gv_set_unref(load_text(gv_text_cstr(&text), NULL, &err));
    gv_text_free(&text);
    return err.code;
}

static void a_quorum_has_a_limit(void **state)
{
    (void)state;
    assert_int_equal(load_quorum(GV_SEATS_MAX), GV_ERROR_NONE);
    assert_int_equal(load_quorum(GV_SEATS_MAX + 1), GV_ERROR_LIMIT);
}

/* 1024 rules that are all alike but for the last of many patterns. */
static void lint_says_when_it_stops_comparing(void **state)
{
    (void)state;
    struct gv_text row = GV_TEXT_INIT;
    gv_text_string(&row, "    - {name: r#, effect: deny, actions: [a], resources: [");
    for (int i = 0; i < GV_LIST_MAX; i++)
        gv_text_format(&row, "run/x%d,", i);
    row.len--;
    gv_text_string(&row, "-#]}\n");
    char *text = repeat(RACI ACCESS_HEAD, gv_text_cstr(&row), GV_RULES_MAX, "");
    struct gv_findings findings = GV_FINDINGS_INIT;
    struct gv_set *set = load_text(text, &findings, NULL);
    assert_non_null(set);
    assert_int_equal(findings.count, 1);
    assert_string_equal(findings.items[0].slug, "lint-incomplete");
    gv_set_unref(set);
    gv_findings_free(&findings);
    free(text);
    gv_text_free(&row);
}

static void sources_have_limits(void **state)
{
    (void)state;
    struct gv_policy_source *sources = calloc(GV_SOURCES_MAX + 1, sizeof(*sources));
    for (size_t i = 0; i <= GV_SOURCES_MAX; i++)
        sources[i] = (struct gv_policy_source){"x.yaml", GV_SLICE("")};
    sources[0].text = gv_slice_from(RACI);
    struct gv_set *set = gv_set_load(sources, GV_SOURCES_MAX, NULL, NULL, NULL);
    assert_non_null(set);
    gv_set_unref(set);
    struct gv_error err = GV_ERROR_INIT;
    assert_null(gv_set_load(sources, GV_SOURCES_MAX + 1, NULL, NULL, &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
    char *blanks = malloc(GV_SOURCES_BYTES_MAX);
    memset(blanks, '\n', GV_SOURCES_BYTES_MAX);
    for (size_t i = 1; i <= 4; i++)
        sources[i].text = (struct gv_slice){blanks, GV_SOURCES_BYTES_MAX / 4};
    assert_null(gv_set_load(sources, 5, NULL, NULL, &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
    sources[4].text.len -= sources[0].text.len;
    set = gv_set_load(sources, 5, NULL, NULL, NULL);
    assert_non_null(set);
    gv_set_unref(set);
    free(blanks);
    free(sources);
}

static void too_many_documents_are_refused(void **state)
{
    (void)state;
    static const struct limit_case DOCUMENTS = {
        RACI,
        "---\napiVersion: gavel.dev/v1\nkind: AccessPolicy\nmetadata: {name: a#}\n"
        "spec: {package: p, rules: []}\n",
        "", GV_DOCUMENTS_MAX - 1};
    assert_int_equal(load_repeated(&DOCUMENTS, DOCUMENTS.most), GV_ERROR_NONE);
    assert_int_equal(load_repeated(&DOCUMENTS, DOCUMENTS.most + 1), GV_ERROR_LIMIT);
}

static void survives_hostile_texts(void **state)
{
    (void)state;
    static const struct limit_case CASES[] = {
        {"a: ", "[", "", 10000},
        {"", "{a: ", "", 10000},
        {"", "- ", "", 10000},
        {MATRIX_HEAD "  roles:\n", "    r#: {claim: 5, asigned: x}\n", "", 20000},
        {MATRIX_HEAD "  roles: {a: {assigned: [", "x", "]}}\n", 200000},
        {MATRIX_HEAD "  roles: {", "x", ": {}}\n", 100000},
        {MATRIX_HEAD "  roles: {a: {claims: [{path: [", "x,", "], has: y}]}}\n", 50000},
        {"kind: \"", "\\e[2J", "\"\n", 100},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        assert_int_not_equal(load_repeated(&CASES[i], CASES[i].most), GV_ERROR_NONE);
}

static void many_errors_are_counted_and_few_are_kept(void **state)
{
    (void)state;
    char *text = repeat(MATRIX_HEAD "  roles:\n", "    r#: {claim: 5}\n", 3000, "");
    struct gv_findings findings = GV_FINDINGS_INIT;
    assert_null(load_text(text, &findings, NULL));
    assert_int_equal(findings.count, GV_FINDINGS_MAX);
    assert_true(findings.errors >= 3000);
    gv_findings_free(&findings);
    free(text);
}

/* The digest of a set of two files. */
static char *digest_of(const char *first, const char *second, const char *text,
                       enum gv_profile profile)
{
    const struct gv_policy_source sources[] = {{first, gv_slice_from(RACI)},
                                               {second, gv_slice_from(text)}};
    struct gv_set_options options = {.profile = profile};
    struct gv_set *set = gv_set_load(sources, 2, &options, NULL, NULL);
    assert_non_null(set);
    char *digest = strdup(gv_set_digest(set));
    gv_set_unref(set);
    return digest;
}

static void the_digest_changes_with_each_input(void **state)
{
    (void)state;
    char *digests[] = {
        digest_of("a.yaml", "b.yaml", "", GV_PROFILE_MEDIUM),
        digest_of("a.yaml", "b.yaml", "", GV_PROFILE_LARGE),
        digest_of("a.yaml", "b.yaml", "", GV_PROFILE_DEV),
        digest_of("a.yaml", "b.yaml", "#", GV_PROFILE_MEDIUM),
        digest_of("a.yaml", "c.yaml", "", GV_PROFILE_MEDIUM),
        digest_of("aa.yaml", "b.yaml", "", GV_PROFILE_MEDIUM),
    };
    size_t count = sizeof(digests) / sizeof(digests[0]);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strlen(digests[i]), 7 + 64);
        assert_memory_equal(digests[i], "sha256:", 7);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(digests[i], digests[j]);
    }
    for (size_t i = 0; i < count; i++)
        free(digests[i]);
}

static void the_digest_does_not_depend_on_the_order_of_files(void **state)
{
    (void)state;
    const struct gv_policy_source sources[] = {{"a.yaml", gv_slice_from(RACI)},
                                               {"b.yaml", GV_SLICE("# b\n")},
                                               {"a.yaml", gv_slice_from(RACI)}};
    struct gv_set *forth = gv_set_load(sources, 2, NULL, NULL, NULL);
    struct gv_set *back = gv_set_load(sources + 1, 2, NULL, NULL, NULL);
    assert_string_equal(gv_set_digest(forth), gv_set_digest(back));
    gv_set_unref(forth);
    gv_set_unref(back);
}

static void finds_the_policy_of_a_model(void **state)
{
    (void)state;
    static const char TEXT[] =
        RACI "---\napiVersion: gavel.dev/v1\nkind: PromotionPolicy\nmetadata: {name: one}\n"
             "spec: {models: [churn, \"fraud/*\"], targets: {}, paths: []}\n"
             "---\napiVersion: gavel.dev/v1\nkind: PromotionPolicy\nmetadata: {name: two}\n"
             "spec: {models: [\"*/risk-*\", \"deep-**\"], targets: {}, paths: []}\n";
    static const struct {
        const char *workspace;
        const char *model;
        const char *policy;
    } CASES[] = {
        {"default", "churn", "one"},  {"fraud", "churn", "one"}, {"other", "churn", NULL},
        {"default", "churn2", NULL},  {"x", "risk-1", "two"},    {"fraud", "risk-1", "one"},
        {"default", "deep-x", "two"}, {"deep-x", "y", NULL},
    };
    struct gv_set *set = load_text(TEXT, NULL, NULL);
    assert_non_null(set);
    assert_int_equal(gv_set_promotion_count(set), 2);
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const struct gv_promotion *found =
            gv_set_promotion(set, gv_slice_from(CASES[i].workspace), gv_slice_from(CASES[i].model));
        assert_string_equal(found ? found->name : "", CASES[i].policy ? CASES[i].policy : "");
    }
    gv_set_unref(set);
}

static void knows_profiles_and_activities(void **state)
{
    (void)state;
    enum gv_profile profile;
    assert_true(gv_profile_parse(GV_SLICE("large"), &profile));
    assert_string_equal(gv_profile_word(profile), "large");
    assert_false(gv_profile_parse(GV_SLICE("huge"), &profile));
    struct gv_set *set = load_text(RACI, NULL, NULL);
    assert_int_equal(gv_set_profile(set), GV_PROFILE_MEDIUM);
    assert_int_equal(gv_set_activity(set, "promote-to-production")->accountable, 1);
    assert_null(gv_set_activity(set, "demote"));
    gv_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_what_the_language_has),
        cmocka_unit_test(keeps_what_a_path_says),
        cmocka_unit_test(fills_in_what_a_path_leaves_out),
        cmocka_unit_test(stores_stages_in_mlflows_spelling),
        cmocka_unit_test(the_domain_is_the_matrix_name_unless_said),
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
        cmocka_unit_test(tells_of_all_files_at_once),
        cmocka_unit_test(a_file_that_cannot_be_read_does_not_make_roles_unknown),
        cmocka_unit_test(each_limit_holds_exactly),
        cmocka_unit_test(paths_have_a_limit),
        cmocka_unit_test(a_quorum_has_a_limit),
        cmocka_unit_test(lint_says_when_it_stops_comparing),
        cmocka_unit_test(sources_have_limits),
        cmocka_unit_test(too_many_documents_are_refused),
        cmocka_unit_test(survives_hostile_texts),
        cmocka_unit_test(many_errors_are_counted_and_few_are_kept),
        cmocka_unit_test(the_digest_changes_with_each_input),
        cmocka_unit_test(the_digest_does_not_depend_on_the_order_of_files),
        cmocka_unit_test(finds_the_policy_of_a_model),
        cmocka_unit_test(knows_profiles_and_activities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

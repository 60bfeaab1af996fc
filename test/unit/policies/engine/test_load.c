/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/policies/engine/policy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policies/engine/limits.h"

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
    static const char *const TEXTS[] = {
        WHOLE,
        RACI,
        "---\n---\n" RACI "---\n",
        RACI PROMOTION_HEAD "  mode: enforce\n  targets: {}\n  paths: []\n",
    };
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        struct gv_findings findings = GV_FINDINGS_INIT;
        struct gv_set *set = load_text(TEXTS[i], &findings, NULL);
        assert_non_null(set);
        assert_int_equal(findings.count, 0);
        gv_set_unref(set);
        gv_findings_free(&findings);
    }
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

/* SPDX-License-Identifier: Apache-2.0 */
/* The policies that Gavel ships say what its documentation promises. */
#include "policies/engine/set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const FILES[] = {"access.yaml", "promotion.yaml", "raci.yaml"};

static struct gv_slice read_file(const char *name)
{
    static char texts[COUNT(FILES)][1 << 14];
    static size_t next;
    char path[512];
    snprintf(path, sizeof(path), "%s/policies/%s", GV_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = texts[next++ % COUNT(FILES)];
    size_t len = fread(text, 1, sizeof(texts[0]), file);
    assert_true(len < sizeof(texts[0]));
    fclose(file);
    return (struct gv_slice){text, len};
}

static int load(void **state)
{
    struct gv_policy_source sources[COUNT(FILES)];
    struct gv_findings findings = GV_FINDINGS_INIT;
    struct gv_error err = GV_ERROR_INIT;
    for (size_t i = 0; i < COUNT(FILES); i++) {
        sources[i] = (struct gv_policy_source){FILES[i], read_file(FILES[i])};
    }
    struct gv_set *set = gv_set_load(sources, COUNT(FILES), NULL, &findings, &err);
    for (size_t i = 0; i < findings.count; i++) {
        const struct gv_finding *finding = &findings.items[i];
        print_message("%s:%u:%u: %s: %s [%s]\n", finding->file, finding->line, finding->column,
                      gv_severity_word(finding->severity), finding->message, finding->slug);
    }
    bool clean = findings.errors == 0 && findings.warnings == 0;
    gv_findings_free(&findings);
    *state = set;
    return set != NULL && clean ? 0 : -1;
}

static int unload(void **state)
{
    gv_set_unref(*state);
    return 0;
}

static gv_role_set role(const struct gv_set *set, const char *name)
{
    unsigned index;
    assert_true(gv_set_role_find(set, gv_slice_from(name), &index));
    return GV_ROLE(index);
}

static const struct gv_promotion *models(const struct gv_set *set)
{
    const struct gv_promotion *found =
        gv_set_promotion(set, GV_SLICE("default"), GV_SLICE("customer-churn"));
    assert_non_null(found);
    assert_ptr_equal(gv_set_promotion(set, GV_SLICE("team-a"), GV_SLICE("churn")), found);
    return found;
}

static int target(const struct gv_promotion *promotion, const char *word)
{
    int found;
    assert_true(gv_promotion_target(promotion, gv_slice_from(word), &found));
    return found;
}

static void paths_are_those_of_the_documentation(void **state)
{
    const struct gv_promotion *promotion = models(*state);
    static const struct {
        const char *from;
        const char *to;
        enum { INVALID, FREE, APPROVED } want;
    } cases[] = {
        {"None", "Staging", FREE},
        {"Staging", "Production", APPROVED},
        {"Production", "Archived", APPROVED},
        {"Archived", "Production", APPROVED},
        {"None", "Production", INVALID},
        {"None", "Archived", INVALID},
        {"Production", "Staging", INVALID},
        {"Production", "None", INVALID},
        {"Archived", "Staging", INVALID},
        {"Archived", "None", INVALID},
        {"Staging", "None", FREE},
        {"Staging", "Archived", FREE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int from = target(promotion, cases[i].from);
        gv_target_set held = from == GV_TARGET_NONE ? 0 : GV_TARGET(from);
        const struct gv_path *path =
            gv_promotion_path(promotion, held, target(promotion, cases[i].to), NULL);
        int got = path == NULL ? INVALID : path->approval.required ? APPROVED : FREE;
        if (got != (int)cases[i].want) {
            fail_msg("%s to %s: %d", cases[i].from, cases[i].to, got);
        }
        assert_true(path == NULL || path->rollback == (strcmp(cases[i].from, "Archived") == 0));
    }
}

static void production_is_hinted_to_go_through_staging(void **state)
{
    const struct gv_promotion *promotion = models(*state);
    int hint;
    assert_null(gv_promotion_path(promotion, 0, target(promotion, "production"), &hint));
    assert_string_equal(gv_promotion_target_name(promotion, hint), "staging");
}

static void one_data_architect_approves_but_never_their_own(void **state)
{
    const struct gv_set *set = *state;
    const struct gv_promotion *promotion = models(set);
    for (size_t i = 0; i < promotion->path_count; i++) {
        const struct gv_path *path = &promotion->paths[i];
        if (!path->approval.required) {
            continue;
        }
        assert_int_equal(path->approval.seat_count, 1);
        assert_int_equal(GV_ROLE(path->approval.seats[0].role), role(set, "data_architect"));
        assert_int_equal(path->approval.seats[0].count, 1);
        assert_true(path->approval.separation_of_duties);
        assert_int_equal(path->approval.consulted, role(set, "data_owner"));
        assert_false(path->approval.consult_blocking);
        assert_int_equal(path->informed, role(set, "data_steward"));
        assert_int_equal(path->approval.expires_after, 30 * GV_DAY);
        assert_false(path->direct_call_requests);
    }
}

static void retraining_is_approved_by_the_data_architect(void **state)
{
    const struct gv_set *set = *state;
    const struct gv_activity *activity = gv_set_activity(set, "retrain-model");
    assert_non_null(activity);
    assert_int_equal(activity->responsible, role(set, "data_scientist"));
    assert_int_equal(GV_ROLE(activity->accountable), role(set, "data_architect"));
}

static void access_is_that_of_the_documentation(void **state)
{
    const struct gv_set *set = *state;
    static const struct {
        const char *action;
        const char *resource;
        const char *allowed; /* initials: Scientist, Architect, Owner, sTeward, aDmin */
    } cases[] = {
        {"mlops:read", "run/abc", "SAOTD"},
        {"mlops:read", "model/churn/v1", "SAOTD"},
        {"mlops:read", "decision/abc", "SAOTD"},
        {"mlops:log", "run/abc", "SD"},
        {"mlops:log", "experiment", "SD"},
        {"mlops:use-gateway", "gateway/endpoints", "D"},
        {"mlops:register", "model/churn", "SAD"},
        {"mlops:request-promotion", "model/churn/v1", "SAD"},
        {"mlops:annotate", "model/churn/v1", "SAOD"},
        {"mlops:approve", "decision/abc", "AOD"},
        {"mlops:delete", "run/abc", "SD"},
        {"mlops:delete", "model/churn/v1", "AD"},
        {"mlops:admin", "webhook/1", "D"},
        {"mlops:read", "workspace/team-a/run/abc", "D"},
        {"mlops:unheard-of", "run/abc", "D"},
    };
    static const struct {
        char initial;
        const char *name;
    } people[] = {{'S', "data_scientist"},
                  {'A', "data_architect"},
                  {'O', "data_owner"},
                  {'T', "data_steward"},
                  {'D', "admin"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_question question = {.package = "authz",
                                       .action = gv_slice_from(cases[i].action)};
        assert_true(gv_resource_parse(gv_slice_from(cases[i].resource), &question.resource, NULL));
        assert_false(gv_set_decide(set, &question).allow); /* nobody in particular */
        for (size_t j = 0; j < COUNT(people); j++) {
            question.roles = role(set, people[j].name);
            bool want = strchr(cases[i].allowed, people[j].initial) != NULL;
            if (gv_set_decide(set, &question).allow != want) {
                fail_msg("%s: %s on %s", people[j].name, cases[i].action, cases[i].resource);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_those_of_the_documentation),
        cmocka_unit_test(production_is_hinted_to_go_through_staging),
        cmocka_unit_test(one_data_architect_approves_but_never_their_own),
        cmocka_unit_test(retraining_is_approved_by_the_data_architect),
        cmocka_unit_test(access_is_that_of_the_documentation),
    };
    return cmocka_run_group_tests(tests, load, unload);
}

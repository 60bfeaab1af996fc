/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONE GV_TARGET_NONE

enum { STAGING, PRODUCTION, ARCHIVED };

static const char *const STAGING_STAGES[] = {"Staging"};
static const char *const STAGING_ALIASES[] = {"challenger"};
static const char *const PRODUCTION_STAGES[] = {"Production"};
static const char *const PRODUCTION_ALIASES[] = {"champion", "production"};
static const char *const PRODUCTION_NAMES[] = {"prod.*"};
static const struct gv_tag PRODUCTION_TAGS[] = {{"env", "prod"}, {"live", NULL}};
static const char *const ARCHIVED_STAGES[] = {"Archived"};

static const struct gv_target TARGETS[] = {
    [STAGING] = {.name = "staging",
                 .stages = STAGING_STAGES,
                 .stage_count = 1,
                 .aliases = STAGING_ALIASES,
                 .alias_count = 1},
    [PRODUCTION] = {.name = "production",
                    .stages = PRODUCTION_STAGES,
                    .stage_count = 1,
                    .aliases = PRODUCTION_ALIASES,
                    .alias_count = 2,
                    .names = PRODUCTION_NAMES,
                    .name_count = 1,
                    .tags = PRODUCTION_TAGS,
                    .tag_count = 2},
    [ARCHIVED] = {.name = "archived", .stages = ARCHIVED_STAGES, .stage_count = 1},
};

#define APPROVED .approval = {.required = true}

static const struct gv_path PATHS[] = {
    {.from = NONE, .to = STAGING},
    {.from = STAGING, .to = PRODUCTION, APPROVED},
    {.from = PRODUCTION, .to = ARCHIVED, APPROVED},
    {.from = ARCHIVED, .to = PRODUCTION, .rollback = true, APPROVED},
    {.from = STAGING, .to = ARCHIVED},
    {.from = STAGING, .to = NONE},
};

static const struct gv_promotion MODELS = {.name = "models",
                                           .targets = TARGETS,
                                           .target_count = COUNT(TARGETS),
                                           .paths = PATHS,
                                           .path_count = COUNT(PATHS)};

#define IN(target) GV_TARGET(target)

/* What a version is in. */

static void stages_compare_without_case(void **state)
{
    (void)state;
    static const struct {
        const char *stage;
        gv_target_set held;
    } cases[] = {
        {"Production", IN(PRODUCTION)},
        {"production", IN(PRODUCTION)},
        {"PRODUCTION", IN(PRODUCTION)},
        {"sTaGiNg", IN(STAGING)},
        {"Archived", IN(ARCHIVED)},
        {"None", 0},
        {"", 0},
        {NULL, 0},
        {"Production ", 0},
        {"Productio", 0},
        {"champion", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_version_facts facts = {.model = "churn", .stage = cases[i].stage};
        assert_int_equal(gv_promotion_targets(&MODELS, &facts), cases[i].held);
        struct gv_slice stage = gv_slice_from(cases[i].stage);
        assert_int_equal(gv_promotion_by_stage(&MODELS, stage), cases[i].held);
    }
}

static void aliases_compare_without_case(void **state)
{
    (void)state;
    static const char *const aliases[] = {"Champion"};
    struct gv_version_facts facts = {
        .model = "churn", .stage = "None", .aliases = aliases, .alias_count = 1};
    assert_int_equal(gv_promotion_targets(&MODELS, &facts), IN(PRODUCTION));
    assert_int_equal(gv_promotion_by_alias(&MODELS, GV_SLICE("CHALLENGER")), IN(STAGING));
    assert_int_equal(gv_promotion_by_alias(&MODELS, GV_SLICE("champions")), 0);
    assert_int_equal(gv_promotion_by_alias(&MODELS, GV_SLICE("")), 0);
}

static void a_model_name_puts_every_version_in_a_target(void **state)
{
    (void)state;
    struct gv_version_facts facts = {.model = "prod.churn", .stage = "None"};
    assert_int_equal(gv_promotion_targets(&MODELS, &facts), IN(PRODUCTION));
    assert_int_equal(gv_promotion_by_name(&MODELS, GV_SLICE("prod.churn")), IN(PRODUCTION));
    assert_int_equal(gv_promotion_by_name(&MODELS, GV_SLICE("dev.prod.churn")), 0);
}

static void tags_compare_key_and_value(void **state)
{
    (void)state;
    struct gv_slice prod = GV_SLICE("prod");
    struct gv_slice test = GV_SLICE("test");
    assert_int_equal(gv_promotion_by_tag(&MODELS, GV_SLICE("env"), &prod), IN(PRODUCTION));
    assert_int_equal(gv_promotion_by_tag(&MODELS, GV_SLICE("env"), &test), 0);
    assert_int_equal(gv_promotion_by_tag(&MODELS, GV_SLICE("env"), NULL), IN(PRODUCTION));
    assert_int_equal(gv_promotion_by_tag(&MODELS, GV_SLICE("live"), &test), IN(PRODUCTION));
    assert_int_equal(gv_promotion_by_tag(&MODELS, GV_SLICE("other"), NULL), 0);

    static const struct gv_tag tags[] = {{"env", "test"}, {"owner", "prod"}};
    static const struct gv_tag hit[] = {{"owner", "prod"}, {"env", "prod"}};
    struct gv_version_facts facts = {
        .model = "churn", .stage = "None", .tags = tags, .tag_count = 2};
    assert_int_equal(gv_promotion_targets(&MODELS, &facts), 0);
    facts.tags = hit;
    assert_int_equal(gv_promotion_targets(&MODELS, &facts), IN(PRODUCTION));
}

static void a_version_may_be_in_several_targets(void **state)
{
    (void)state;
    static const char *const aliases[] = {"latest-good", "challenger", "champion"};
    struct gv_version_facts facts = {
        .model = "churn", .stage = "Archived", .aliases = aliases, .alias_count = 3};
    assert_int_equal(gv_promotion_targets(&MODELS, &facts),
                     IN(STAGING) | IN(PRODUCTION) | IN(ARCHIVED));
}

/* Words. */

static void a_word_names_a_target_by_its_name_or_a_stage(void **state)
{
    (void)state;
    static const char *const stages[] = {"Production", "live"};
    static const struct gv_target targets[] = {
        {.name = "prod", .stages = stages, .stage_count = 2},
        {.name = "Live"},
    };
    struct gv_promotion models = {.targets = targets, .target_count = COUNT(targets)};
    static const struct {
        const char *word;
        bool found;
        int target;
    } cases[] = {
        {"prod", true, 0},       {"PROD", true, 0}, {"production", true, 0},
        {"Production", true, 0}, {"live", true, 1}, {"none", true, NONE},
        {"None", true, NONE},    {"", false, 0},    {"staging", false, 0},
        {"pro", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int target = 77;
        bool found = gv_promotion_target(&models, gv_slice_from(cases[i].word), &target);
        assert_int_equal(found, cases[i].found);
        assert_int_equal(target, found ? cases[i].target : 77);
    }
}

static void targets_print_their_names(void **state)
{
    (void)state;
    assert_string_equal(gv_promotion_target_name(&MODELS, PRODUCTION), "production");
    assert_string_equal(gv_promotion_target_name(&MODELS, STAGING), "staging");
    assert_string_equal(gv_promotion_target_name(&MODELS, NONE), "none");
    assert_string_equal(gv_promotion_target_name(&MODELS, COUNT(TARGETS)), "none");
}

/* Paths. */

static void admits_what_a_path_says_and_refuses_the_rest(void **state)
{
    (void)state;
    static const struct {
        gv_target_set held;
        int to;
        int path; /* index in PATHS, or -1 */
        int hint;
    } cases[] = {
        {0, STAGING, 0, NONE},
        {0, PRODUCTION, -1, STAGING}, /* the "Invalid promotion path" */
        {0, ARCHIVED, -1, STAGING},
        {0, NONE, -1, NONE},
        {IN(STAGING), PRODUCTION, 1, NONE},
        {IN(STAGING), ARCHIVED, 4, NONE},
        {IN(STAGING), NONE, 5, NONE},
        {IN(STAGING), STAGING, -1, NONE},
        {IN(PRODUCTION), ARCHIVED, 2, NONE},
        {IN(PRODUCTION), STAGING, -1, NONE},
        {IN(PRODUCTION), NONE, -1, NONE},
        {IN(ARCHIVED), PRODUCTION, 3, NONE},
        {IN(ARCHIVED), STAGING, -1, NONE},
        {IN(ARCHIVED), NONE, -1, NONE},
        /* archiving asks for approval although staging alone may archive freely */
        {IN(STAGING) | IN(PRODUCTION), ARCHIVED, 2, NONE},
        /* a plain promotion rather than a rollback */
        {IN(ARCHIVED) | IN(STAGING), PRODUCTION, 1, NONE},
        /* a path from none is not for a version that holds something */
        {IN(ARCHIVED) | IN(PRODUCTION), STAGING, -1, NONE},
        {0, 3, -1, NONE},
        {0, 31, -1, NONE},
        {0, 1000, -1, NONE},
        {0, -1000, -1, NONE},
        {0, -2, -1, NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int hint = 77;
        const struct gv_path *path = gv_promotion_path(&MODELS, cases[i].held, cases[i].to, &hint);
        assert_ptr_equal(path, cases[i].path < 0 ? NULL : &PATHS[cases[i].path]);
        assert_int_equal(hint, cases[i].hint);
        assert_ptr_equal(gv_promotion_path(&MODELS, cases[i].held, cases[i].to, NULL), path);
    }
}

static void takes_the_strictest_of_several_paths(void **state)
{
    (void)state;
    enum { FREE, FREE_BACK, ASKED, ASKED_BACK };
    static const struct gv_path kinds[] = {
        [FREE] = {.to = 3},
        [FREE_BACK] = {.to = 3, .rollback = true},
        [ASKED] = {.to = 3, APPROVED},
        [ASKED_BACK] = {.to = 3, .rollback = true, APPROVED},
    };
    static const struct {
        int declared[3];
        size_t want;
    } cases[] = {
        {{FREE, ASKED, ASKED_BACK}, 1}, {{ASKED_BACK, FREE, ASKED}, 2},
        {{ASKED, ASKED_BACK, FREE}, 0}, {{FREE, FREE_BACK, ASKED_BACK}, 2},
        {{FREE_BACK, FREE, FREE}, 1},   {{ASKED, ASKED, ASKED}, 0},
        {{FREE, FREE, FREE_BACK}, 0},   {{ASKED_BACK, ASKED_BACK, FREE}, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_path paths[3];
        for (int j = 0; j < 3; j++) {
            paths[j] = kinds[cases[i].declared[j]];
            paths[j].from = j;
        }
        struct gv_promotion models = {.paths = paths, .path_count = 3, .target_count = 4};
        const struct gv_path *path = gv_promotion_path(&models, IN(0) | IN(1) | IN(2), 3, NULL);
        assert_ptr_equal(path, &paths[cases[i].want]);
    }
}

static void hints_at_the_first_of_several_moves(void **state)
{
    (void)state;
    static const struct gv_target targets[5] = {
        {.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}, {.name = "e"}};
    static const struct gv_path paths[] = {
        {.from = NONE, .to = 0},
        {.from = 0, .to = 1},
        {.from = 1, .to = 2},
        {.from = NONE, .to = 3},
        {.from = 3, .to = 2, .rollback = true}, /* shorter, but open to few */
        {.from = 4, .to = NONE},
    };
    struct gv_promotion models = {
        .targets = targets, .target_count = 5, .paths = paths, .path_count = COUNT(paths)};
    int hint;
    assert_null(gv_promotion_path(&models, 0, 2, &hint));
    assert_int_equal(hint, 0);
    assert_null(gv_promotion_path(&models, IN(0), 2, &hint));
    assert_int_equal(hint, 1);
    assert_null(gv_promotion_path(&models, IN(3), 1, &hint));
    assert_int_equal(hint, NONE);
    /* the only way begins by holding nothing, which is no target to name */
    assert_null(gv_promotion_path(&models, IN(4), 0, &hint));
    assert_int_equal(hint, NONE);
}

/* A slow and obvious search: the fewest moves without rollback from what is held to `to`. */
static unsigned distance(const struct gv_promotion *models, uint64_t start, int to)
{
    uint64_t goal = (uint64_t)1 << (to + 1); /* none is bit 0 here */
    for (unsigned moves = 0; moves <= GV_TARGETS_MAX; moves++) {
        if ((start & goal) != 0) {
            return moves;
        }
        uint64_t wider = start;
        for (size_t i = 0; i < models->path_count; i++) {
            const struct gv_path *path = &models->paths[i];
            if (!path->rollback && (start & (uint64_t)1 << (path->from + 1)) != 0) {
                wider |= (uint64_t)1 << (path->to + 1);
            }
        }
        start = wider;
    }
    return UINT32_MAX;
}

static bool leads(const struct gv_path *path, gv_target_set held, int to)
{
    bool from_here = path->from == NONE ? held == 0 : (held & GV_TARGET(path->from)) != 0;
    return from_here && path->to == to;
}

static void check_against_search(const struct gv_promotion *models, gv_target_set held, int to)
{
    int hint;
    const struct gv_path *path = gv_promotion_path(models, held, to, &hint);
    bool admitted = false;
    bool hint_open = false;
    for (size_t i = 0; i < models->path_count; i++) {
        const struct gv_path *other = &models->paths[i];
        admitted = admitted || leads(other, held, to);
        hint_open = hint_open || (hint != NONE && !other->rollback && leads(other, held, hint));
        if (path != NULL && leads(other, held, to)) { /* never an easier one */
            assert_true(path->approval.required || !other->approval.required);
        }
    }
    assert_int_equal(path != NULL, admitted);
    assert_true(path == NULL || leads(path, held, to));

    uint64_t start = held == 0 ? 1 : (uint64_t)held << 1;
    unsigned moves = distance(models, start, to);
    if (path != NULL || moves == 0 || moves == UINT32_MAX) {
        assert_int_equal(hint, NONE);
    } else if (hint != NONE) {
        assert_true(hint_open);
        assert_int_equal(distance(models, (uint64_t)1 << (hint + 1), to), moves - 1);
    } else { /* then some shortest way begins with none */
        assert_int_equal(distance(models, 1, to), moves - 1);
    }
}

static void agrees_with_a_slow_search_on_random_policies(void **state)
{
    (void)state;
    static const struct gv_target targets[GV_TARGETS_MAX] = {{.name = "t"}};
    unsigned seed = 20260208;
    for (unsigned round = 0; round < 20000; round++) {
        int target_count = round % 8 == 0 ? GV_TARGETS_MAX : 4;
        struct gv_path paths[12] = {{.from = 0}};
        size_t path_count = (size_t)rand_r(&seed) % COUNT(paths);
        for (size_t i = 0; i < path_count; i++) {
            paths[i].from = rand_r(&seed) % (target_count + 1) - 1;
            paths[i].to = rand_r(&seed) % (target_count + 1) - 1;
            paths[i].rollback = rand_r(&seed) % 4 == 0;
            paths[i].approval.required = rand_r(&seed) % 2 == 0;
        }
        struct gv_promotion models = {.targets = targets,
                                      .target_count = (size_t)target_count,
                                      .paths = paths,
                                      .path_count = path_count};
        for (int to = NONE; to < target_count; to++) {
            gv_target_set held = (gv_target_set)rand_r(&seed) & (gv_target_set)rand_r(&seed);
            held = target_count == 4 ? held & 15U : held;
            check_against_search(&models, held, to);
            check_against_search(&models, 0, to);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_compare_without_case),
        cmocka_unit_test(aliases_compare_without_case),
        cmocka_unit_test(a_model_name_puts_every_version_in_a_target),
        cmocka_unit_test(tags_compare_key_and_value),
        cmocka_unit_test(a_version_may_be_in_several_targets),
        cmocka_unit_test(a_word_names_a_target_by_its_name_or_a_stage),
        cmocka_unit_test(targets_print_their_names),
        cmocka_unit_test(admits_what_a_path_says_and_refuses_the_rest),
        cmocka_unit_test(takes_the_strictest_of_several_paths),
        cmocka_unit_test(hints_at_the_first_of_several_moves),
        cmocka_unit_test(agrees_with_a_slow_search_on_random_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

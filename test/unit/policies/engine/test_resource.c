/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policies/engine/limits.h"
#include "policies/engine/resource.h"

static void encodes_what_could_pose_as_another_resource(void **state)
{
    (void)state;
    static const struct {
        const char *segment;
        const char *path;
    } CASES[] = {
        {"churn", "model/churn"},
        {"a/v1", "model/a%2Fv1"},
        {"50%", "model/50%25"},
        {"*", "model/%2A"},
        {"a\nb", "model/a%0Ab"},
        {"a\x7f", "model/a%7F"},
        {"gr\xc3\xbc\xc3\x9f e", "model/gr\xc3\xbc\xc3\x9f e"},
        {"..", "model/.."},
        {"", "model/"},
    };
    struct gv_arena *arena = gv_arena_new(0);
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const char *path = gv_resource_append(arena, "", GV_SLICE("model"));
        path = gv_resource_append(arena, path, gv_slice_from(CASES[i].segment));
        assert_string_equal(path, CASES[i].path);
    }
    assert_string_equal(gv_resource_append(arena, "x", (struct gv_slice){"a\0b", 3}), "x/a%00b");
    gv_arena_free(arena);
}

static void append_reports_an_exhausted_arena(void **state)
{
    (void)state;
    struct gv_arena *arena = gv_arena_new(64);
    char long_name[200];
    memset(long_name, '/', sizeof(long_name));
    assert_null(gv_resource_append(arena, "model", (struct gv_slice){long_name, 200}));
    gv_arena_free(arena);
}

static void reads_and_prints_resources(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *workspace;
        const char *path;
        const char *printed; /* NULL: as read */
    } CASES[] = {
        {"model/churn/v1", "default", "model/churn/v1", NULL},
        {"model", "default", "model", NULL},
        {"workspace/fraud/run/abc", "fraud", "run/abc", NULL},
        {"workspace/default/run/abc", "default", "run/abc", "run/abc"},
        {"workspace-admin/fraud", "default", "workspace-admin/fraud", NULL},
        {"model/a%2Fb/alias/x y", "default", "model/a%2Fb/alias/x y", NULL},
    };
    struct gv_arena *arena = gv_arena_new(0);
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct gv_resource resource;
        struct gv_error err = GV_ERROR_INIT;
        assert_true(gv_resource_parse(gv_slice_from(CASES[i].text), &resource, &err));
        assert_true(gv_slice_is(resource.workspace, CASES[i].workspace));
        assert_true(gv_slice_is(resource.path, CASES[i].path));
        assert_string_equal(gv_resource_print(arena, &resource),
                            CASES[i].printed ? CASES[i].printed : CASES[i].text);
    }
    gv_arena_free(arena);
}

static void refuses_malformed_resources(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } CASES[] = {
        {"", "malformed resource: it is empty"},
        {"/model/x", "malformed resource: it has an empty segment"},
        {"model//x", "malformed resource: it has an empty segment"},
        {"model/x/", "malformed resource: it ends with \"/\""},
        {"model/%41", "malformed resource: \"%\" begins only %2F (/), %25 (%), %2A (*) or a "
                      "control byte, with upper-case digits"},
        {"model/%2f", "malformed resource: \"%\" begins only %2F (/), %25 (%), %2A (*) or a "
                      "control byte, with upper-case digits"},
        {"model/a%2", "malformed resource: \"%\" begins only %2F (/), %25 (%), %2A (*) or a "
                      "control byte, with upper-case digits"},
        {"model/a\tb", "malformed resource: it has a control byte; write it as %09"},
        {"model/\xff", "malformed resource: it is not UTF-8"},
        {"model/*", "malformed resource: \"*\" stands in patterns only; the character itself is "
                    "written %2A"},
        {"modle/x", "unknown kind of resource \"modle\", did you mean \"model\"?"},
        {"Model/x", "unknown kind of resource \"Model\", did you mean \"model\"?"},
        {"workspace/w", "malformed resource: nothing follows the workspace"},
        {"workspace", "unknown kind of resource \"workspace\""},
        {"workspace/a%2Fb/model/x", "malformed resource: a workspace name has no \"%\""},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct gv_resource resource;
        struct gv_error err = GV_ERROR_INIT;
        assert_false(gv_resource_parse(gv_slice_from(CASES[i].text), &resource, &err));
        assert_string_equal(err.message, CASES[i].message);
    }
}

static void a_resource_has_a_longest_length(void **state)
{
    (void)state;
    char text[GV_RESOURCE_MAX + 1];
    memset(text, 'x', sizeof(text));
    memcpy(text, "model/", 6);
    struct gv_resource resource;
    struct gv_error err = GV_ERROR_INIT;
    assert_true(gv_resource_parse((struct gv_slice){text, GV_RESOURCE_MAX}, &resource, &err));
    assert_false(gv_resource_parse((struct gv_slice){text, GV_RESOURCE_MAX + 1}, &resource, &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
}

static void matches_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *resource;
        bool matches;
    } CASES[] = {
        {"model/churn", "model/churn", true},
        {"model/churn", "model/churn/v1", false},
        {"model/churn", "model/churn2", false},
        {"model/*", "model/churn", true},
        {"model/*", "model/churn/v1", false},
        {"model/**", "model/churn/v1", true},
        {"model/**", "model", true},
        {"model/**", "modelx", false},
        {"model/churn/**", "model/churn/v1", true},
        {"model/churn/**", "model/churn", false},
        {"model/*/v*", "model/churn/v12", true},
        {"model/*/alias/champion", "model/churn/alias/champion", true},
        {"model/*/alias/champion", "model/a%2Falias%2Fchampion", false},
        {"**", "run/x", true},
        {"**", "workspace/w/run/x", false},
        {"**/v1", "model/churn/v1", true},
        {"*/churn", "model/churn", true},
        {"workspace/*/model/**", "workspace/w/model/x", true},
        {"workspace/*/model/**", "model/x", true},
        {"workspace/w/model/**", "model/x", false},
        {"workspace/w*/model/x", "workspace/w1/model/x", true},
        {"workspace/**", "workspace/w/run/x", true},
        {"workspace/**", "run/x", true},
        {"workspace/*/**", "workspace/w/model", true},
        {"model/x", "workspace/w/model/x", false},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct gv_resource resource = {GV_SLICE("default"), gv_slice_from(CASES[i].resource)};
        if (strcmp(CASES[i].resource, "modelx") != 0)
            assert_true(gv_resource_parse(gv_slice_from(CASES[i].resource), &resource, NULL));
        bool matches = gv_resource_match(gv_slice_from(CASES[i].pattern), &resource);
        if (matches != CASES[i].matches)
            fail_msg("%s on %s", CASES[i].pattern, CASES[i].resource);
        assert_true(gv_resource_pattern_check(gv_slice_from(CASES[i].pattern), NULL));
    }
}

static void a_pattern_can_match_a_star_that_is_written_encoded(void **state)
{
    (void)state;
    struct gv_resource resource = {GV_SLICE("default"), GV_SLICE("model/%2A")};
    assert_true(gv_resource_match(GV_SLICE("model/%2A"), &resource));
    resource.path = GV_SLICE("model/x");
    assert_false(gv_resource_match(GV_SLICE("model/%2A"), &resource));
}

static void refuses_patterns_that_match_nothing(void **state)
{
    (void)state;
    static const char *const PATTERNS[] = {
        "",
        "/",
        "modl/x",
        "m/**",
        "workspace",
        "workspace/w",
        "workspace/*",
        "model/%2f",
        "model//x",
        "model/",
        "model/\x01",
        "***",
        "model/***",
        "workspace/w/nothing/x",
        "MODEL/x",
        "model/\xc3",
    };
    for (size_t i = 0; i < sizeof(PATTERNS) / sizeof(PATTERNS[0]); i++) {
        struct gv_error err = GV_ERROR_INIT;
        assert_false(gv_resource_pattern_check(gv_slice_from(PATTERNS[i]), &err));
        assert_int_equal(err.code, GV_ERROR_BAD_PATTERN);
    }
}

static void knows_when_a_pattern_covers_another(void **state)
{
    (void)state;
    static const struct {
        const char *wide;
        const char *narrow;
        bool covers;
    } CASES[] = {
        {"model/**", "model/x/*", true},
        {"model/**", "model", true},
        {"model/**", "model/**", true},
        {"**", "run/x", true},
        {"**", "workspace/w/run/x", false},
        {"workspace/*/**", "run/x", true},
        {"workspace/**", "workspace/w/run/x", true},
        {"model/*", "model/**", false},
        {"model/x", "model/*", false},
        {"model/x/**", "model/**", false},
        {"model/x*", "model/xy", false},
        {"workspace/w/**", "workspace/*/**", false},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct gv_resource_pattern wide = gv_resource_pattern_from(gv_slice_from(CASES[i].wide));
        struct gv_resource_pattern narrow =
            gv_resource_pattern_from(gv_slice_from(CASES[i].narrow));
        if (gv_resource_pattern_covers(&wide, &narrow) != CASES[i].covers)
            fail_msg("%s over %s", CASES[i].wide, CASES[i].narrow);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_what_could_pose_as_another_resource),
        cmocka_unit_test(append_reports_an_exhausted_arena),
        cmocka_unit_test(reads_and_prints_resources),
        cmocka_unit_test(refuses_malformed_resources),
        cmocka_unit_test(a_resource_has_a_longest_length),
        cmocka_unit_test(matches_patterns),
        cmocka_unit_test(a_pattern_can_match_a_star_that_is_written_encoded),
        cmocka_unit_test(refuses_patterns_that_match_nothing),
        cmocka_unit_test(knows_when_a_pattern_covers_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

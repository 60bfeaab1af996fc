/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policies/engine/set.h"
#include <glob.h>

#define FILES_MAX 16

static struct gv_slice read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = malloc(1 << 20);
    assert_non_null(text);
    size_t length = fread(text, 1, 1 << 20, file);
    fclose(file);
    return (struct gv_slice){text, length};
}

/* The policies as they are shipped. */
static struct gv_set *load_shipped(struct gv_findings *findings)
{
    glob_t files;
    assert_int_equal(glob(GV_SOURCE_DIR "/policies/*.yaml", 0, NULL, &files), 0);
    struct gv_policy_source sources[FILES_MAX];
    assert_true(files.gl_pathc <= FILES_MAX);
    for (size_t i = 0; i < files.gl_pathc; i++)
        sources[i] = (struct gv_policy_source){files.gl_pathv[i], read_file(files.gl_pathv[i])};
    struct gv_set *set = gv_set_load(sources, files.gl_pathc, NULL, findings, NULL);
    for (size_t i = 0; i < files.gl_pathc; i++)
        free((void *)(uintptr_t)sources[i].text.ptr);
    globfree(&files);
    return set;
}

static void has_neither_errors_nor_warnings(void **state)
{
    (void)state;
    struct gv_findings findings = GV_FINDINGS_INIT;
    struct gv_set *set = load_shipped(&findings);
    struct gv_text text = GV_TEXT_INIT;
    for (size_t i = 0; i < findings.count; i++)
        gv_finding_print(&findings.items[i], (struct gv_slice){0}, false, &text);
    if (findings.errors + findings.warnings > 0)
        fail_msg("%s", gv_text_cstr(&text));
    assert_non_null(set);
    gv_text_free(&text);
    gv_findings_free(&findings);
    gv_set_unref(set);
}

/* The ways that the platform's phase 1 names. */
static void has_the_ways_of_the_platform(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        bool exists;
        bool approval;
    } WAYS[] = {
        {"none", "staging", true, false},       {"staging", "production", true, true},
        {"production", "archived", true, true}, {"none", "production", false, false},
        {"archived", "production", true, true},
    };
    struct gv_set *set = load_shipped(NULL);
    const struct gv_promotion *models =
        gv_set_promotion(set, GV_SLICE("default"), GV_SLICE("customer-churn"));
    assert_non_null(models);
    for (size_t i = 0; i < sizeof(WAYS) / sizeof(WAYS[0]); i++) {
        int from;
        int to;
        assert_true(gv_promotion_target(models, gv_slice_from(WAYS[i].from), &from));
        assert_true(gv_promotion_target(models, gv_slice_from(WAYS[i].to), &to));
        gv_target_set held = from == GV_TARGET_NONE ? 0 : GV_TARGET(from);
        const struct gv_path *path = gv_promotion_path(models, held, to, NULL);
        assert_int_equal(path != NULL, WAYS[i].exists);
        assert_int_equal(path && path->approval.required, WAYS[i].approval);
    }
    gv_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_neither_errors_nor_warnings),
        cmocka_unit_test(has_the_ways_of_the_platform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

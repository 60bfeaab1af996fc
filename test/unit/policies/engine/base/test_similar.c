/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/similar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char *const words[] = {
    "data_scientist", "data_architect", "Production", "Staging", "abc", "id"};

static void suggests_the_nearest_word_within_a_third(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *suggestion;
    } cases[] = {
        {"data_scientst", "data_scientist"},   /* deletion */
        {"data_scieentist", "data_scientist"}, /* insertion */
        {"data_xcientist", "data_scientist"},  /* substitution */
        {"data_scietnist", "data_scientist"},  /* swap of neighbours */
        {"PRODUCTION", "Production"},          /* case is no edit */
        {"Staging", "Staging"},                /* itself */
        {"Stxging", "Staging"},                /* one of two allowed edits */
        {"Stxginx", "Staging"},                /* two of two */
        {"Sxxginx", NULL},                     /* three of two */
        {"abd", "abc"},                        /* three letters: one edit */
        {"add", NULL},                         /* three letters: two edits */
        {"ID", "id"},                          /* two letters: case only */
        {"ie", NULL},                          /* two letters: no edit */
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found =
            gv_similar(gv_slice_from(cases[i].word), words, sizeof(words) / sizeof(words[0]));
        if (cases[i].suggestion) {
            assert_non_null(found);
            assert_string_equal(found, cases[i].suggestion);
        } else {
            assert_null(found);
        }
    }
    assert_null(gv_similar(GV_SLICE("abc"), NULL, 0));
}

static void does_not_seek_for_very_long_words(void **state)
{
    (void)state;
    char longest[66];
    memset(longest, 'a', sizeof(longest));
    longest[65] = '\0';
    const char *candidates[] = {longest, longest + 1};
    assert_ptr_equal(gv_similar((struct gv_slice){longest, 64}, candidates, 2), longest + 1);
    assert_null(gv_similar((struct gv_slice){longest, 65}, candidates, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggests_the_nearest_word_within_a_third),
        cmocka_unit_test(does_not_seek_for_very_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

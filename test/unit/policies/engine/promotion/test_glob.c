/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static const struct {
    const char *pattern;
    const char *text;
    bool matches;
} CASES[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"churn", "churn", true},
    {"churn", "Churn", false},
    {"churn", "churns", false},
    {"churn", "chur", false},
    /* within a segment */
    {"*", "", true},
    {"*", "churn", true},
    {"*", "a/b", false},
    {"prod.*", "prod.churn", true},
    {"prod.*", "prod.", true},
    {"prod.*", "prodxchurn", false},
    {"prod.*", "xprod.churn", false},
    {"*-production", "churn-production", true},
    {"*-production", "churn-production-2", false},
    {"*a*b*", "xxaxxbxx", true},
    {"*a*b*", "xxbxxaxx", false},
    {"*ab", "aab", true},
    {"*aab", "aaab", true},
    {"model/*", "model/churn", true},
    {"model/*", "model/churn/v1", false},
    {"model/*/v1", "model/churn/v1", true},
    {"model/*/v1", "model/v1", false},
    {"model/*/v1", "model/a/b/v1", false},
    {"a*/b", "ax/b", true},
    {"a*/b", "ax/y/b", false},
    {"a*b/c*d", "aXb/cYd", true},
    {"a*b/c*d", "aXb/cYdZ", false},
    /* across segments */
    {"**", "", true},
    {"**", "a/b/c", true},
    {"model/**", "model/churn", true},
    {"model/**", "model/churn/alias/champion", true},
    {"model/**", "model/", true},
    {"model/**", "model", false},
    {"model/**", "models/churn", false},
    {"model/**", "model-card/churn/1", false},
    {"**/champion", "champion", true},
    {"**/champion", "model/churn/alias/champion", true},
    {"**/champion", "model/churn/alias/xchampion", false},
    {"**champion", "model/churn/alias/xchampion", true},
    {"model/**/v1", "model/v1", true},
    {"model/**/v1", "model/churn/v1", true},
    {"model/**/v1", "model/a/b/v1", true},
    {"model/**/v1", "model/churn/xv1", false},
    {"a**/b", "ab", false},
    {"a**/b", "a/b", true},
    {"a**/b", "ax/y/b", true},
    {"workspace/*/model/**", "workspace/team-a/model/churn/v2", true},
    {"workspace/*/model/**", "workspace/a/b/model/churn", false},
    {"**/**/x", "x", true},
    {"***", "a/b", true},
    {"a/***/b", "a/b", true},
    {"**a*/b*c**d", "x/ya/bqc/zd", true},
    {"**a*/b*c**d", "x/ya/b/c/zd", false},
    {"**/a/**/b/**", "q/a/r/s/b/", true},
    /* nothing else is special */
    {"[a-z]", "b", false},
    {"[a-z]", "[a-z]", true},
    {"c?urn", "churn", false},
    {"\\*", "*", false},
    {"churn%2Fv1", "churn/v1", false},
};

static void says_what_a_pattern_matches(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        bool got = gv_glob_match(gv_slice_from(CASES[i].pattern), gv_slice_from(CASES[i].text));
        if (got != CASES[i].matches) {
            fail_msg("\"%s\" %s \"%s\"", CASES[i].pattern, got ? "matches" : "does not match",
                     CASES[i].text);
        }
    }
}

static void looks_at_every_byte_of_a_slice(void **state)
{
    (void)state;
    struct gv_slice with_nul = {"a\0b", 3};
    assert_false(gv_glob_match(gv_slice_from("a"), with_nul));
    assert_true(gv_glob_match(gv_slice_from("a*"), with_nul));
    assert_true(gv_glob_match(with_nul, with_nul));
    assert_true(gv_glob_match((struct gv_slice){NULL, 0}, (struct gv_slice){NULL, 0}));
    /* and at none behind it */
    struct gv_slice path = GV_SLICE("a/b");
    assert_true(gv_glob_match((struct gv_slice){"**xx", 2}, path));
    assert_true(gv_glob_match((struct gv_slice){"***", 2}, path));
    assert_true(gv_glob_match((struct gv_slice){"**/", 2}, path));
    assert_false(gv_glob_match((struct gv_slice){"**", 1}, path));
    assert_false(gv_glob_match(GV_SLICE("a/*"), (struct gv_slice){"a/b/", 1}));
}

/* The definition itself, with all its choices; exponential, hence for small texts only. */
static bool oracle(const char *begin, const char *pattern, const char *text)
{
    if (*pattern == '\0') {
        return *text == '\0';
    }
    if (*pattern != '*') {
        return *pattern == *text && oracle(begin, pattern + 1, text + 1);
    }
    bool starts = pattern == begin || pattern[-1] == '/';
    size_t stars = strspn(pattern, "*");
    const char *rest = pattern + stars;
    if (stars > 1 && starts && *rest == '/' && oracle(begin, rest + 1, text)) {
        return true;
    }
    for (;; text++) {
        if (oracle(begin, rest, text)) {
            return true;
        }
        if (*text == '\0' || (stars == 1 && *text == '/')) {
            return false;
        }
    }
}

/* The word with the given number over a small alphabet; "" for 0. */
static void spell(unsigned number, const char *alphabet, char *word)
{
    unsigned base = (unsigned)strlen(alphabet);
    for (; number > 0; number = (number - 1) / base) {
        *word++ = alphabet[(number - 1) % base];
    }
    *word = '\0';
}

static void agrees_with_the_definition_on_every_short_pattern_and_text(void **state)
{
    (void)state;
    enum { PATTERNS = 21845, TEXTS = 1093 }; /* up to 7 of 4 letters, up to 6 of 3 */
    for (unsigned i = 0; i < PATTERNS; i++) {
        char pattern[16];
        spell(i, "*a/b", pattern);
        for (unsigned j = 0; j < TEXTS; j++) {
            char text[16];
            spell(j, "a/b", text);
            bool got = gv_glob_match(gv_slice_from(pattern), gv_slice_from(text));
            if (got != oracle(pattern, pattern, text)) {
                fail_msg("\"%s\" on \"%s\": %d", pattern, text, got);
            }
        }
    }
}

static void agrees_with_the_definition_on_long_patterns_at_random(void **state)
{
    (void)state;
    unsigned seed = 20260208;
    for (unsigned round = 0; round < 200000; round++) {
        char pattern[16] = "";
        char text[24] = "";
        size_t pattern_len = (size_t)(rand_r(&seed) % 13);
        size_t text_len = (size_t)(rand_r(&seed) % 20);
        for (size_t i = 0; i < pattern_len; i++) {
            pattern[i] = "**a/*b"[rand_r(&seed) % 6];
        }
        for (size_t i = 0; i < text_len; i++) {
            text[i] = "aa/b"[rand_r(&seed) % 4];
        }
        bool got = gv_glob_match(gv_slice_from(pattern), gv_slice_from(text));
        if (got != oracle(pattern, pattern, text)) {
            fail_msg("\"%s\" on \"%s\": %d", pattern, text, got);
        }
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Repeats `unit` `count` times. */
static struct gv_slice repeat(const char *unit, size_t count, const char *tail)
{
    size_t len = strlen(unit);
    char *text = malloc(len * count + strlen(tail) + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * len, unit, len);
    }
    strcpy(text + len * count, tail);
    return gv_slice_from(text);
}

static void takes_no_long_time_on_hostile_input(void **state)
{
    (void)state;
    static const struct {
        const char *pattern_unit;
        const char *pattern_tail;
        const char *text_unit;
    } hostile[] = {
        {"**a", "b", "a"},       {"*a", "b", "a"},   {"**/a", "/b", "a/"},
        {"**a*a", "b", "a/a"},   {"**/", "b", "a/"}, {"**a/*a", "b", "aa/"},
        {"*a**a", "b", "aaa/a"}, {"**", "b", "a/"},  {"a**/*/", "b", "a/"},
    };
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        struct gv_slice pattern = repeat(hostile[i].pattern_unit, 500, hostile[i].pattern_tail);
        struct gv_slice text = repeat(hostile[i].text_unit, 2000, "");
        double begin = seconds();
        assert_false(gv_glob_match(pattern, text));
        /* The product of the lengths is some 10 million steps; a sanitizer multiplies by ten. */
        assert_true(seconds() - begin < 2.0);
        free((char *)pattern.ptr);
        free((char *)text.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_a_pattern_matches),
        cmocka_unit_test(looks_at_every_byte_of_a_slice),
        cmocka_unit_test(agrees_with_the_definition_on_every_short_pattern_and_text),
        cmocka_unit_test(agrees_with_the_definition_on_long_patterns_at_random),
        cmocka_unit_test(takes_no_long_time_on_hostile_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

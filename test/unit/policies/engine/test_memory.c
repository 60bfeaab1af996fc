/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/policies/engine/policy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The linker sends every allocation of the program through here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* Allocations until the one that fails; negative: none fails. */
static long countdown = -1;

static bool fails_now(void)
{
    if (countdown < 0)
        return false;
    return countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

static const char GOOD[] = RACI PROMOTION_HEAD TARGETS
    "  paths:\n"
    "    - {from: none, to: production, activity: promote-to-production}\n" ACCESS_HEAD
    "    - {name: r, effect: allow, actions: [a, \"b*\"], resources: [\"run/**\"]}\n";

static const char BAD[] = RACI ACCESS_HEAD
    "    - {nam: r, effect: alow, roles: [data_ownr], actions: [\"a b\"], resources: [rn]}\n";

/* Loads with the n-th allocation failing, for every n, until none fails any more. */
static void fail_each_allocation(const char *text, enum gv_error_code without_failure)
{
    for (long n = 0;; n++) {
        struct gv_findings findings = GV_FINDINGS_INIT;
        struct gv_error err = GV_ERROR_INIT;
        countdown = n;
        struct gv_set *set = load_text(text, &findings, &err);
        bool failed = countdown < 0;
        countdown = -1;
        bool refused_in_words = !set && err.code != GV_ERROR_NONE && err.message[0] != '\0';
        assert_true(set ? err.code == GV_ERROR_NONE : refused_in_words);
        if (without_failure != GV_ERROR_NONE)
            assert_null(set);
        gv_set_unref(set);
        gv_findings_free(&findings);
        if (!failed) {
            assert_int_equal(err.code, without_failure);
            assert_true(n > 5);
            return;
        }
    }
}

static void a_load_survives_each_failed_allocation(void **state)
{
    (void)state;
    /* What the process allocates once is not the load's. */
    gv_set_unref(load_text(GOOD, NULL, NULL));
    fail_each_allocation(GOOD, GV_ERROR_NONE);
}

static void a_refused_load_survives_each_failed_allocation(void **state)
{
    (void)state;
    fail_each_allocation(BAD, GV_ERROR_UNKNOWN_KEY);
}

static void a_decision_allocates_nothing(void **state)
{
    (void)state;
    struct gv_set *set = load_text(GOOD, NULL, NULL);
    struct gv_question question = {.package = "authz",
                                   .roles = 1,
                                   .action = GV_SLICE("b1"),
                                   .resource = {GV_SLICE("default"), GV_SLICE("run/x")}};
    countdown = 0;
    struct gv_answer answer = gv_set_decide(set, &question);
    bool untouched = countdown == 0;
    countdown = -1;
    assert_true(answer.allow);
    assert_true(untouched);
    gv_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_survives_each_failed_allocation),
        cmocka_unit_test(a_refused_load_survives_each_failed_allocation),
        cmocka_unit_test(a_decision_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_MLFLOW_SUPPORT_H
#define GV_TEST_MLFLOW_SUPPORT_H

#include "sidecar/mlflow/routes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* One request through match and classify, with an arena of its own. */
struct fixture {
    struct gv_arena *arena;
    struct gv_mlflow_match match;
    struct gv_mlflow_call call;
    struct gv_error err;
};

static inline int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->arena = gv_arena_new(0);
    assert_non_null(fixture->arena);
    *state = fixture;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fixture = *state;
    gv_arena_free(fixture->arena);
    free(fixture);
    return 0;
}

/* Matches "METHOD" and "/path?query". */
static inline enum gv_match_result match(struct fixture *fixture, const char *method,
                                         const char *target)
{
    const char *mark = strchr(target, '?');
    struct gv_slice path = {target, mark ? (size_t)(mark - target) : strlen(target)};
    struct gv_slice query = mark ? gv_slice_from(mark + 1) : (struct gv_slice){0};
    fixture->err = GV_ERROR_INIT;
    return gv_mlflow_match(fixture->arena, gv_slice_from(method), path, query, "", &fixture->match,
                           &fixture->err);
}

/* Matches and classifies; `body` NULL: none. */
static inline bool classify(struct fixture *fixture, const char *method, const char *target,
                            const char *body)
{
    assert_int_equal(match(fixture, method, target), GV_MATCH_OK);
    return gv_mlflow_classify(fixture->arena, &fixture->match, (struct gv_slice){0},
                              gv_slice_from(body), "ds-001", &fixture->call, &fixture->err);
}

/* A case of a test whose cases differ in data. */
static inline void explain(const char *what, const struct fixture *fixture)
{
    print_message("%s: %s\n", what, fixture->err.message);
}

#endif

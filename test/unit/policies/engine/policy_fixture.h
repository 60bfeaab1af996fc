/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_POLICY_FIXTURE_H
#define GV_TEST_POLICY_FIXTURE_H

#include "policies/engine/set.h"

/* Policy texts that the engine's tests share. */

/* A RaciMatrix, 16 lines, so that a text appended to it begins at line 17 with its "---". */
#define RACI                                                                                    \
    "apiVersion: gavel.dev/v1\n"                                                                \
    "kind: RaciMatrix\n"                                                                        \
    "metadata: {name: ml-platform}\n"                                                           \
    "spec:\n"                                                                                   \
    "  roles:\n"                                                                                \
    "    data_scientist: {claims: [{path: [realm_access, roles], has: data_scientist}], rank: " \
    "2}\n"                                                                                      \
    "    data_architect: {claims: [{path: [realm_access, roles], has: data_architect}],\n"      \
    "                     assigned: [accountable], rank: 3}\n"                                  \
    "    data_owner: {claims: [{path: [realm_access, roles], has: data_owner}]}\n"              \
    "    data_steward: {assigned: [informed]}\n"                                                \
    "  activities:\n"                                                                           \
    "    promote-to-production:\n"                                                              \
    "      responsible: [data_scientist]\n"                                                     \
    "      accountable: data_architect\n"                                                       \
    "      consulted: [data_owner]\n"                                                           \
    "      informed: [data_steward]\n"

#define MATRIX_HEAD "apiVersion: gavel.dev/v1\nkind: RaciMatrix\nmetadata: {name: m}\nspec:\n"

/* Line 1 is "---". */
#define PROMOTION_HEAD           \
    "---\n"                      \
    "apiVersion: gavel.dev/v1\n" \
    "kind: PromotionPolicy\n"    \
    "metadata: {name: models}\n" \
    "spec:\n"                    \
    "  models: [\"**\"]\n"

#define TARGETS                                                                                    \
    "  targets:\n"                                                                                 \
    "    staging: {stages: [staging], effects: [{stage: STAGING}]}\n"                              \
    "    production: {stages: [Production], aliases: [champion],\n"                                \
    "                 effects: [{stage: production, archiveExisting: true}, {alias: champion}]}\n" \
    "    archived: {stages: [Archived], effects: [{stage: Archived}]}\n"

#define ACCESS_HEAD              \
    "---\n"                      \
    "apiVersion: gavel.dev/v1\n" \
    "kind: AccessPolicy\n"       \
    "metadata: {name: mlflow}\n" \
    "spec:\n"                    \
    "  package: authz\n"         \
    "  rules:\n"

/* Loads one text as the file "p.yaml". */
static inline struct gv_set *load_text(const char *text, struct gv_findings *findings,
                                       struct gv_error *err)
{
    struct gv_policy_source source = {"p.yaml", gv_slice_from(text)};
    return gv_set_load(&source, 1, NULL, findings, err);
}

#endif

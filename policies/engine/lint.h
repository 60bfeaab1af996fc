/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_LINT_H
#define GV_ENGINE_LINT_H

#include "policies/engine/load.h"

/* The parts of lint. Private to this folder. */

/* Roles, quorums, targets and paths. lint_promotion.c */
void gv_lint_promotions(struct gv_loader *loader);

/* Rules that never match or are hidden. lint_access.c */
void gv_lint_rules(struct gv_loader *loader);

/* Whether a claim or an assignment can give the role. */
bool gv_lint_is_holdable(const struct gv_set *set, unsigned role);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_GOVERNANCE_POLICIES_H
#define GV_TEST_GOVERNANCE_POLICIES_H

#include "policies/engine/set.h"

/*
 * The roles and access rules as they are shipped, with promotion rules of the tests: as shipped,
 * and besides targets that are held by name and by tag, a rollback and a free way back.
 */
struct gv_set *policies_load(enum gv_profile profile);

/* The same with another PromotionPolicy. */
struct gv_set *policies_load_with(const char *promotion, enum gv_profile profile);

/* The promotion rules of policies_load; models whose name begins with "free" are governed by
 * nobody. */
extern const char POLICIES_PROMOTION[];

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_PROMOTION_POLICY_H
#define GV_ENGINE_PROMOTION_POLICY_H

#include "policies/engine/load.h"

/* The parts of a PromotionPolicy, read one after the other. Private to this folder. */

/* Reads the targets of a policy and refuses what two of them claim. targets.c */
void gv_promotion_read_targets(struct gv_loader *loader, const struct gv_document *document,
                               struct gv_promotion *promotion);

/* Reads the paths of a policy whose targets are known. paths.c */
void gv_promotion_read_paths(struct gv_loader *loader, const struct gv_document *document,
                             struct gv_promotion *promotion);

/* Reads a path's approval; its activity is NULL when it names none. approval.c */
void gv_promotion_read_approval(struct gv_loader *loader, const struct gv_document *document,
                                const struct gv_yaml *path, const struct gv_activity *activity,
                                struct gv_approval *approval);

#endif

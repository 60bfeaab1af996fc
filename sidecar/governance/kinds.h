/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GOVERNANCE_KINDS_H
#define GV_GOVERNANCE_KINDS_H

/* The types of decisions. */
#define GV_TYPE_PROMOTION "model_promotion"
#define GV_TYPE_RETRAINING "model_retraining"

/* Where nobody names a workspace. */
#define GV_DEFAULT_WORKSPACE "default"

/* Who decides on a retraining, as an activity of the RaciMatrix. */
#define GV_ACTIVITY_RETRAIN "retrain-model"

#endif

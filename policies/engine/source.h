/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_SOURCE_H
#define GV_ENGINE_SOURCE_H

#include "policies/engine/base/slice.h"

/* A policy file as the engine gets it: somebody else has read it. Borrowed for the length of a
 * call. */
struct gv_policy_source {
    const char *name; /* for messages: "policies/access.yaml" */
    struct gv_slice text;
};

#endif

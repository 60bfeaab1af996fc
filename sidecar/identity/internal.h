/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_INTERNAL_H
#define GV_IDENTITY_INTERNAL_H

#include "sidecar/identity/issuer.h"
#include <stdatomic.h>

/* What the verifiers of all loops share. */
struct gv_identity {
    struct gv_arena *arena; /* holds the options' copies and the issuers */
    struct gv_issuer *issuers;
    size_t count;
    /* Grows after any key set was swapped: what was verified before may no longer be. */
    atomic_uint_fast64_t generation;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_REASON_H
#define GV_IDENTITY_REASON_H

#include "sidecar/identity/identity.h"

/* Why a caller was not let in; reasons.def is the table. */
enum gv_reason {
#define GV_REASON(name, word, meaning) GV_REASON_##name,
#include "sidecar/identity/reasons.def"
#undef GV_REASON
    GV_REASON_COUNT
};

/* The stable word ("expired"); static. */
const char *gv_reason_word(enum gv_reason reason);

/* What it means, for an operator's log; static. */
const char *gv_reason_meaning(enum gv_reason reason);

/* What the caller is to be told. */
enum gv_identity_result gv_reason_result(enum gv_reason reason);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_PRINCIPAL_H
#define GV_IDENTITY_PRINCIPAL_H

#include "sidecar/identity/claims.h"

/* Makes a principal of a token whose signature is verified: reads the payload and checks the
 * claims. NULL when they are refused, with *ret_reason. The caller unrefs. */
const struct gv_principal *gv_principal_new(const struct gv_token *token,
                                            const struct gv_claims_rules *rules, gv_time now,
                                            enum gv_reason *ret_reason);

/* Bytes of memory that it holds. */
size_t gv_principal_size(const struct gv_principal *principal);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_AUTHORIZATION_H
#define GV_IDENTITY_AUTHORIZATION_H

#include "sidecar/identity/limits.h"
#include "sidecar/identity/reason.h"

/* Bytes that gv_authorization_token needs for decoding Basic credentials. */
#define GV_AUTHORIZATION_SCRATCH (GV_TOKEN_MOST_BYTES + GV_BASIC_MOST_USER_BYTES + 1)

/*
 * Finds the token in the value of an Authorization header: "Bearer TOKEN", or "Basic BASE64" whose
 * password is the token and whose user name means nothing. Schemes compare without case, exactly
 * one space follows (RFC 9110 §11.4 allows more; proxies disagree about them). The token points
 * into `value` or into `scratch`; it is not looked at.
 */
enum gv_reason gv_authorization_token(struct gv_slice value, char scratch[GV_AUTHORIZATION_SCRATCH],
                                      struct gv_slice *ret_token);

#endif

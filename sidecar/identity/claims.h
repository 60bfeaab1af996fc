/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_CLAIMS_H
#define GV_IDENTITY_CLAIMS_H

#include "sidecar/identity/token.h"

/* What a verified token must say to be an access token for us. Pure. */

struct gv_claims_rules {
    const char *issuer;
    const char *const *audiences; /* unless empty, one must be in `aud` */
    size_t audience_count;
    const char *const *clients; /* unless empty, one must be `azp` */
    size_t client_count;
    gv_duration leeway;
};

/* Checks 6 to 9: issuer, times, audience, class, subject. *ret_expires gets `exp`. */
enum gv_reason gv_claims_check(const struct gv_json *claims, const struct gv_token *token,
                               const struct gv_claims_rules *rules, gv_time now,
                               gv_time *ret_expires);

/* Whether a text can be a subject or a name: 1 to 255 bytes of UTF-8 without control characters. It
 * will stand in log lines, in headers towards MLflow and on screens. */
bool gv_claims_is_name(struct gv_slice text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_AUDIT_LINE_H
#define GV_AUDIT_LINE_H

#include "policies/engine/base/sha256.h"
#include "policies/engine/base/text.h"
#include "sidecar/audit/audit.h"

/* The bytes of an event, built once, and their hash. Private to this folder. */

/* Where an event stands in its writer's chain. */
struct gv_audit_link {
    const char *writer;
    int64_t epoch;
    int64_t seq;
    const char *prev; /* 64 hex digits */
    gv_time at;
    const char *policy; /* digest of the policies in force; NULL: unknown */
};

/* The `prev` of a chain's first event. */
extern const char GV_AUDIT_GENESIS[GV_SHA256_HEX_SIZE];

/* Appends the line to `out`. LIMIT when it is larger than GV_AUDIT_LINE_MAX, MEMORY. */
bool gv_audit_line(struct gv_text *out, const struct gv_audit_link *link,
                   const struct gv_audit_event *event, struct gv_error *err);

/* SHA-256(0x00 || line) in hex: the leaf hash of RFC 6962 §2.1. */
void gv_audit_hash(struct gv_slice line, char hex[GV_SHA256_HEX_SIZE]);

/* The subject of "issuer|subject", and the issuer (empty when there is none). */
struct gv_slice gv_audit_subject(const char *actor, struct gv_slice *ret_issuer);

#endif

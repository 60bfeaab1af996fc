/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_ISSUER_H
#define GV_IDENTITY_ISSUER_H

#include "sidecar/identity/claims.h"
#include "sidecar/identity/file.h"
#include "sidecar/identity/jwks.h"
#include <pthread.h>

/*
 * One issuer: its rules and the key set in force, shared by all loops. The set is swapped whole; a
 * reading that fails keeps the last good one. At most one loop reads at a time: it claims, reads,
 * and settles. Functions are for any thread; clocks come in as arguments (`now` is monotonic).
 */

enum gv_issuer_source {
    GV_ISSUER_FILE, /* a key set on disk */
    GV_ISSUER_DEV,  /* the dev key on disk */
    GV_ISSUER_URL,
};

struct gv_issuer {
    struct gv_claims_rules rules; /* these never change */
    enum gv_issuer_source source;
    const char *location; /* path or URL */
    const char *ca_file;

    pthread_mutex_t lock; /* guards what follows */
    struct gv_jwks *keys; /* NULL: none */
    gv_time read;         /* when they were had */
    gv_time tried;        /* when the last reading began */
    bool was_tried;
    bool busy; /* some loop reads */
    struct gv_file_stamp stamp;
    bool has_stamp;
    char trouble[GV_ERROR_MESSAGE_SIZE]; /* why the last reading failed; empty: it did not */
};

enum gv_issuer_cause {
    GV_ISSUER_DUE,         /* age */
    GV_ISSUER_UNKNOWN_KEY, /* a token of a key that is not in the set */
};

/* Whether the caller shall read the keys now; it must then settle. */
bool gv_issuer_claim(struct gv_issuer *issuer, enum gv_issuer_cause cause, gv_time now);

/* Ends a reading: with a key set's text, or with `failure` set. True when the keys in force
 * changed. Logs and counts. */
bool gv_issuer_settle(struct gv_issuer *issuer, struct gv_slice text,
                      const struct gv_error *failure, gv_time now);

/* Gives a claim back without a result: the loop that had it ends. */
void gv_issuer_abandon(struct gv_issuer *issuer);

/* When an issuer with an URL is to be read next, and whether some loop reads it now. */
gv_time gv_issuer_next(struct gv_issuer *issuer);
bool gv_issuer_is_busy(struct gv_issuer *issuer);

/* Reads an issuer on disk if it changed since it was last read; at most once a second. True when
 * the keys in force changed. */
bool gv_issuer_look(struct gv_issuer *issuer, gv_time now);

/* The keys in force, to be unref'ed; NULL when there are none. */
struct gv_jwks *gv_issuer_keys(struct gv_issuer *issuer);

/* Why it has no keys, copied into buf; NULL when it has. */
const char *gv_issuer_trouble(struct gv_issuer *issuer, char *buf, size_t size);

#endif

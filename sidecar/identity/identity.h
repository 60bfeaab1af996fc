/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_IDENTITY_H
#define GV_IDENTITY_IDENTITY_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/json.h"
#include "policies/engine/base/time.h"
#include "sidecar/http/client.h"

/*
 * Who is calling: a JWT (RS256, PS256, ES256) in Authorization, verified against the keys of
 * configured issuers. Yields verified claims; roles are the policies' business. A refusal is
 * answered to the client with a constant text; the reason goes to logs, metrics and audit.
 */

/* A verified caller: immutable, reference-counted. */
struct gv_principal {
    const char *issuer;
    const char *subject;
    const char *person; /* "issuer|subject": the identity that votes and requests are tied to */
    const char *name;   /* preferred_username, else the subject: for display only */
    const struct gv_json *claims;
    gv_time expires;
};

const struct gv_principal *gv_principal_ref(const struct gv_principal *principal);
void gv_principal_unref(const struct gv_principal *principal);

struct gv_issuer_options {
    const char *issuer;           /* compared byte by byte with `iss` */
    const char *const *audiences; /* one must be in `aud` */
    size_t audience_count;
    const char *const *clients; /* instead of an audience: allowed `azp` */
    size_t client_count;
    const char *jwks_file; /* one of the two */
    const char *jwks_url;
    const char *ca_file; /* for jwks_url */
};

struct gv_identity_options {
    const struct gv_issuer_options *issuers;
    size_t issuer_count;
    const char *dev_key_file; /* dev identity: made when absent, mode 0600; NULL: none */
    gv_duration leeway;       /* 0: 30 s; at most 60 s */
};

/* The dev identity's issuer and audience, fixed. */
#define GV_IDENTITY_DEV_ISSUER "urn:gavel:dev"
#define GV_IDENTITY_DEV_AUDIENCE "gavel"

/* Shared by all loops: the key sets. Read once at start: a file must be readable, an URL need not
 * be reachable yet. */
struct gv_identity;

struct gv_identity *gv_identity_new(const struct gv_identity_options *options,
                                    struct gv_error *err);
/* Accepts NULL; returns NULL. */
struct gv_identity *gv_identity_free(struct gv_identity *identity);

/* NULL when every issuer has keys, else which one has not and why; copied into buf. Any thread. */
const char *gv_identity_trouble(struct gv_identity *identity, char *buf, size_t size);

/* One loop's view: a cache of verified tokens, and the refreshing of key sets. */
struct gv_verifier;

/* `client` makes the calls for JWKS; it must outlive the verifier. NULL when out of memory. */
struct gv_verifier *gv_verifier_new(struct gv_identity *identity, struct gv_loop *loop,
                                    struct gv_http_client *client);
struct gv_verifier *gv_verifier_free(struct gv_verifier *verifier);

enum gv_identity_result {
    GV_IDENTITY_OK,
    GV_IDENTITY_ABSENT,      /* no Authorization header */
    GV_IDENTITY_REFUSED,     /* a token that is not acceptable; the reason says why */
    GV_IDENTITY_UNAVAILABLE, /* the issuer's keys cannot be had now */
};

/*
 * Verifies the value of an Authorization header ("Bearer TOKEN", or "Basic …" with the token as
 * password, for older MLflow clients) and calls `done`, at once or, when a key must be fetched
 * first, later on the loop. The principal is borrowed during the call. `reason` is a short stable
 * word for metrics and audit ("expired", "audience"), NULL when OK.
 */
void gv_verifier_check(struct gv_verifier *verifier, struct gv_slice authorization,
                       void (*done)(void *ctx, enum gv_identity_result result,
                                    const struct gv_principal *principal, const char *reason),
                       void *ctx);

/* Forgets the checks that wait for a key with that `ctx`: their `done` does not run. For a request
 * that ended meanwhile. gv_verifier_free forgets all. */
void gv_verifier_cancel(struct gv_verifier *verifier, const void *ctx);

/* The constant text that a refused caller is told; static. */
const char *gv_identity_refusal(enum gv_identity_result result);

struct gv_dev_token {
    const char *subject;
    const char *name;         /* preferred_username; NULL: the subject */
    const char *const *roles; /* into realm_access.roles */
    size_t role_count;
    gv_duration lifetime; /* 0: 12 h */
};

/* Signs a token with the dev key, made when absent. A malloc'ed string that the caller frees; NULL
 * on error. */
char *gv_dev_token_sign(const char *key_file, const struct gv_dev_token *token, gv_time now,
                        struct gv_error *err);

#endif

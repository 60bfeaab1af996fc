/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_IDENTITY_WORLD_H
#define GV_TEST_IDENTITY_WORLD_H

#include "sidecar/http/server.h"
#include "sidecar/identity/internal.h"
#include "test/unit/sidecar/identity/tokens.h"

/*
 * An issuer's web server, a verifier that fetches its keys, and callers, all on one loop. The
 * issuer rotates: its keys are `one`, then `two`. Failures end the test.
 */

extern EVP_PKEY *one;
extern EVP_PKEY *two;
extern char *set_one; /* key sets: kid "one", kid "two" */
extern char *set_two;
extern char path[64]; /* of a file for a key set */

extern const char *const audiences[1]; /* "gavel" */

struct origin {
    struct gv_http_server *server;
    unsigned hits;
    unsigned canary; /* requests for what a token's header names */
    unsigned status;
    const char *body;
    bool silent; /* never answers */
};

struct world {
    struct gv_loop *loop;
    struct gv_http_client *client;
    struct origin origin;
    struct gv_identity *identity;
    struct gv_verifier *verifier;
    char url[64]; /* of the origin's key set */
};

/* What a caller was told; `count` grows with each answer. */
struct answer {
    unsigned count;
    unsigned ok;
    enum gv_identity_result result;
    char reason[32];
    char person[128];
};

/* Makes and frees the keys; set-up and tear-down of a group. */
int make_world_keys(void **state);
int free_world_keys(void **state);

/* Opens a world with an origin that serves set_one; nothing is verified yet. */
void open_world(struct world *world);
void close_world(struct world *world);

/* Begins to verify: by any options, by the origin's URL, by a file with that content. */
void begin(struct world *world, const struct gv_identity_options *options);
void begin_with_url(struct world *world);
void begin_with_file(struct world *world, const char *text);

void write_set(const char *text);

/* Lets the keys look as if they had been read so much earlier. */
void age(struct world *world, gv_duration duration);

/* Runs the loop until the counter reaches the target; false when it does not in time. */
bool run(struct world *world, const unsigned *counter, unsigned target, gv_duration most);

void answered(void *ctx, enum gv_identity_result result, const struct gv_principal *principal,
              const char *reason);

/* Asks with a bearer token; asks and waits; asks and demands that reason ("": let in). */
void ask(struct world *world, const char *token, struct answer *answer);
struct answer check(struct world *world, const char *token);
void expect(struct world *world, const char *token, const char *reason);

/* An ES256 token of good_claims. */
char *token_of(EVP_PKEY *key, const char *kid, const char *members);

#endif

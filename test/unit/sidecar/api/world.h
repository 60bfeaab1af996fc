/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_API_WORLD_H
#define GV_TEST_API_WORLD_H

#include "sidecar/api/api.h"

#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * The API as a process has it, on a loop in a thread of its own: a listener, the dev identity, the
 * shipped policies, governance, an audit chain and a store in SQLite. Only MLflow is a stand-in:
 *
 *   model     what it says of every version
 *   churn     in Staging, of a run by ds-009 with accuracy 0.95
 *   fresh     the same, in no stage
 *   gone      there is no such version
 *   down      503
 *   silent    nothing, ever
 */
struct world {
    char directory[64];
    char key[96];
    char url[128];
    struct gv_loop *loop;
    pthread_t thread;
    struct gv_http_client *client;
    struct gv_http_server *origin;
    struct gv_mlflow *mlflow;
    struct gv_identity *identity;
    struct gv_verifier *verifier;
    struct gv_slot *slot;
    struct gv_store *store;
    struct gv_audit *audit;
    struct gv_governance *governance;
    struct gv_api *api;
    struct gv_http_server *server;
    unsigned port;
};

/* cmocka's set-up and tear-down: *state is the world. */
int world_open(void **state);
int world_close(void **state);

/* An Authorization line of that person with that role (NULL: none), in memory that the world's
 * tests share: up to 16 of them live at once. */
const char *token_of(const struct world *world, const char *subject, const char *role);

struct reply {
    unsigned status;
    char head[4096];
    char *text;   /* of the body, NUL-terminated */
    json_t *json; /* NULL when the body is none */
};

/* Sends a request with these further header lines (each with CR LF; NULL: none) and body (NULL:
 * none, else sent as application/json) and reads the answer to its end. */
struct reply ask(const struct world *world, const char *method, const char *target,
                 const char *token, const char *lines, const char *body);
void reply_free(struct reply *reply);

/* A connection with the head and body sent, for a client that does not wait; the caller closes. */
int ask_only(const struct world *world, const char *method, const char *target, const char *token,
             const char *lines, const char *body);

/* A string of the reply's object ("a", or "a.b"), "" when there is none. */
const char *said(const struct reply *reply, const char *path);

/* Fails the test with the reply's text unless it has that status. */
void assert_status(const struct reply *reply, unsigned status);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_API_CALL_H
#define GV_API_CALL_H

#include "sidecar/api/api.h"
#include "sidecar/http/router.h"
#include <jansson.h>

/*
 * One call of the API, from its head to its answer: who is calling, then the body, then the door
 * that the route names. Private to this folder.
 *
 * A call outlives its request when the client leaves while governance or the store still works for
 * it: then there is nobody to answer, and the call ends when the work calls back. A door touches
 * its call no more once it has answered or handed it to something that calls back.
 */

struct gv_api_call;

/* Answers the call, now or later. */
typedef void gv_api_door(struct gv_api_call *call);

enum gv_api_body { GV_API_BODY_NONE, GV_API_BODY_JSON };

struct gv_api_route {
    const char *name; /* "POST /api/v1/…", for the audit trail */
    enum gv_api_body body;
    gv_api_door *door;
};

struct gv_api {
    struct gv_api_services services;
    struct gv_api_call *calls; /* that are under way */
};

struct gv_api_call {
    struct gv_api *api;
    struct gv_http_request *request; /* NULL once it is over */
    struct gv_arena *arena;          /* of this call; the request's own ends with the request */
    const struct gv_api_route *route;
    struct gv_caller caller;
    const char *parameter; /* the pattern's one, decoded; NULL: it has none */
    struct gv_slice bytes; /* of the body */
    json_t *body;          /* NULL: the route takes none */
    const char *workspace; /* set by gv_api_call_workspace */
    bool busy;             /* something will call back */
    struct gv_api_call *next;
    struct gv_api_call **place;
};

/* Starts a call: the caller's identity, the body, then the route's door. */
void gv_api_call_begin(struct gv_api *api, struct gv_http_request *request,
                       const struct gv_http_match *match, const struct gv_api_route *route);

/* Frees a call that nothing holds any more, or that its API takes down. */
void gv_api_call_free(struct gv_api_call *call);

/* Marks the call as waiting for something that calls back. */
void gv_api_call_wait(struct gv_api_call *call);

/* To be called first when it has called back. False: nobody is left to answer and the call is
 * gone. */
bool gv_api_call_resume(struct gv_api_call *call);

/* Answers with a body, whose reference is taken over; NULL is answered 503. */
void gv_api_call_answer(struct gv_api_call *call, unsigned status, json_t *body);

/* Answers with the bytes that an Idempotency-Key was answered with before. */
void gv_api_call_replay(struct gv_api_call *call, unsigned status, struct gv_slice body);

/* Answers {"detail": message}. */
void gv_api_call_fail(struct gv_api_call *call, unsigned status, const char *message);

/* Answers an error of a decoder: 400, 403 for REFUSED, 503 for MEMORY. */
void gv_api_call_refuse(struct gv_api_call *call, const struct gv_error *err);

/* A refusal of who is calling: answered and told to the audit trail. */
void gv_api_call_forbid(struct gv_api_call *call, const char *reason, const char *message);

/* Finds out the call's workspace: the header, and the body's or the query's `workspace`. False when
 * they are malformed, which is then answered. */
bool gv_api_call_workspace(struct gv_api_call *call);

/* A parameter of the query, copied so that it outlives the request; NULL when absent. False when
 * out of memory, which is then answered. */
bool gv_api_call_query(struct gv_api_call *call, const char *name, const char **ret_value);

/* A page's limit and offset of the query; false when they are malformed, which is then answered. */
bool gv_api_call_page(struct gv_api_call *call, int64_t *ret_limit, int64_t *ret_offset);

/* The id of the path when it can be a decision's, in lower case; else NULL, answered 404. */
const char *gv_api_call_decision_id(struct gv_api_call *call);

#define GV_API_NO_DECISION "There is no decision with that id."

/* The doors, one for each row of routes.def. */
#define GV_API_ROUTE(method, pattern, body, door) gv_api_door gv_api_##door;
#include "sidecar/api/routes.def"
#undef GV_API_ROUTE

#endif

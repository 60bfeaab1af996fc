/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GATEWAY_EXCHANGE_H
#define GV_GATEWAY_EXCHANGE_H

#include "sidecar/gateway/gateway.h"
#include "sidecar/gateway/pipe.h"

/*
 * One request on its way through the gateway. Its steps, each in the file that is named after it:
 *
 *   match      which route is it?                      gateway.c
 *   identify   who asks?                               gateway.c
 *   read       the body, where the route needs it      gateway.c
 *   judge      may it happen?                          gateway.c
 *   relay      send it, stream both ways               relay.c
 *
 * It lives until both sides are done with it: the client's (request ended) and MLflow's (call
 * ended). An audited call is finished towards MLflow even when its client has gone, so that its
 * outcome is known.
 */
struct gv_exchange {
    struct gv_gateway *gateway;
    struct gv_http_request *request; /* NULL once the client's side is over */
    struct gv_arena *arena;          /* its own: it may outlive the request */
    struct gv_mlflow_match match;
    struct gv_mlflow_call call;
    struct gv_caller caller; /* principal referenced */
    bool judging;            /* governance holds call and caller */
    bool answered;           /* something was sent to the client */
    bool outcome_due;
    bool outcome_told;
    gv_time started;
    /* relay */
    struct gv_http_call *upstream; /* NULL: not started, or over */
    struct gv_pipe up;             /* a streamed body on its way to MLflow */
    struct gv_pipe down;           /* the answer on its way to the client */
    bool head_request;
    struct gv_http_header *gathered; /* headers of an answer that is sent when it is whole */
    unsigned gathered_count;
    unsigned gathered_status;
};

struct gv_gateway {
    struct gv_gateway_services services;
    struct gv_gateway_options options;
    struct gv_arena *arena; /* holds the options' texts */
};

/* Sends the call to MLflow and its answer to the client. The exchange frees itself when both sides
 * are done. */
void gv_exchange_relay(struct gv_exchange *exchange);

/* Answers with MLflow's error document and ends the client's side. `decision_id` may be NULL. */
void gv_exchange_refuse(struct gv_exchange *exchange, unsigned status, const char *message,
                        const char *decision_id);

/* Frees the exchange when neither side needs it any more. */
void gv_exchange_settle(struct gv_exchange *exchange);

/* --- headers.c --- */

/* Fills `headers` (room for GV_GATEWAY_HEADERS) with what is sent to MLflow; false when out of
 * memory. */
bool gv_exchange_upstream_headers(struct gv_exchange *exchange, struct gv_http_header *headers,
                                  unsigned *ret_count);

/* Likewise with what of MLflow's answer goes to the client; cuts what does not fit. */
unsigned gv_exchange_client_headers(const struct gv_http_reply *reply,
                                    struct gv_http_header *headers);

/* Whether the request may change something although a foreign page sent it: NULL, or why it is
 * refused. */
const char *gv_exchange_foreign(const struct gv_gateway *gateway,
                                const struct gv_http_request *request);

#endif

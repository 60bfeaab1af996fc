/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GATEWAY_GATEWAY_H
#define GV_GATEWAY_GATEWAY_H

#include "sidecar/governance/judge.h"
#include "sidecar/http/client.h"
#include "sidecar/http/server.h"
#include "sidecar/identity/identity.h"

/*
 * The door in front of MLflow: each request is matched, identified, classified, judged, and then
 * relayed or refused in MLflow's own words. One object per loop.
 *
 * Towards MLflow go only headers that are rebuilt here: Host is MLflow's own address, X-Forwarded-*
 * and Forwarded are ours, Authorization is the configured one or none, what could override method,
 * target or identity is dropped.
 */
struct gv_gateway;

struct gv_gateway_options {
    const char *upstream;      /* "http://127.0.0.1:5001" */
    const char *static_prefix; /* MLflow's --static-prefix; "" without */
    bool workspaces; /* MLflow keeps workspaces apart; otherwise only the default exists */
    const char *authorization; /* towards MLflow; NULL: none */
    const char *ca_file;
    const char *const *hosts; /* names that clients may call us by (Host); 0: any */
    size_t host_count;
    size_t body_bytes; /* of bodies that are parsed */
    gv_duration
        upstream_idle; /* a streamed answer or upload that stands still for so long is cut */
};

struct gv_gateway_services {
    struct gv_loop *loop;
    struct gv_http_client *client;
    struct gv_verifier *verifier;
    struct gv_governance *governance;
};

/* The options are copied. NULL on error. */
struct gv_gateway *gv_gateway_new(const struct gv_gateway_services *services,
                                  const struct gv_gateway_options *options, struct gv_error *err);
/* Accepts NULL; returns NULL. No request may be open. */
struct gv_gateway *gv_gateway_free(struct gv_gateway *gateway);

/* For gv_http_server_options: `ctx` is the gateway. */
void gv_gateway_handle(void *ctx, struct gv_http_request *request);
void gv_gateway_render_error(struct gv_http_request *request, unsigned status, const char *message);

#endif

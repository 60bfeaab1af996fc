/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_API_API_H
#define GV_API_API_H

#include "sidecar/governance/governance.h"
#include "sidecar/http/server.h"
#include "sidecar/identity/identity.h"

/*
 * The MLOps, governance and audit API, with the paths and bodies that the platform's clients know.
 * Errors are {"detail": "…"}. One object per loop.
 */
struct gv_api;

struct gv_api_services {
    struct gv_loop *loop;
    struct gv_verifier *verifier;
    struct gv_governance *governance;
    struct gv_store *store; /* for reading the audit trail */
};

/* NULL on error. */
struct gv_api *gv_api_new(const struct gv_api_services *services, struct gv_error *err);
/* Accepts NULL; returns NULL. No request may be open. */
struct gv_api *gv_api_free(struct gv_api *api);

/* For gv_http_server_options: `ctx` is the API. */
void gv_api_handle(void *ctx, struct gv_http_request *request);
void gv_api_render_error(struct gv_http_request *request, unsigned status, const char *message);

#endif

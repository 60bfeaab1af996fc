/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_STATION_H
#define GV_SIDECAR_STATION_H

#include "policies/engine/slot.h"
#include "sidecar/config.h"
#include "sidecar/governance/executor.h"
#include "sidecar/governance/governance.h"
#include "sidecar/http/server.h"

/*
 * One event loop with everything that stands on it: the HTTP client, the token verifier, MLflow's
 * client, governance, and the doors that listen. All stations of a process share store, audit
 * chain, key sets and the policy slot, and nothing else.
 */

struct gv_station_shared {
    const struct gv_config *config;
    struct gv_slot *slot;
    struct gv_store *store;
    struct gv_audit *audit;
    struct gv_identity *identity;
    void (*approved)(void *ctx);
    void *approved_ctx;
    const char *(*sink_trouble)(void *ctx);
    void *sink_ctx;
};

struct gv_station {
    struct gv_loop *loop;
    struct gv_http_client *client;
    struct gv_verifier *verifier;
    struct gv_mlflow *mlflow;
    struct gv_governance *governance;
    struct gv_gateway *gateway;
    struct gv_api *api;
    struct gv_http_server *gateway_server; /* NULL: not configured */
    struct gv_http_server *api_server;     /* likewise */
    void (*drained)(void *ctx);
    void *drained_ctx;
    unsigned draining; /* servers that still have requests */
};

/* Builds the services of a station. False on error; gv_station_close then frees what was made. */
bool gv_station_open(struct gv_station *station, const struct gv_station_shared *shared,
                     struct gv_error *err);

/* Opens its listeners. On the station's thread or before it runs. */
bool gv_station_listen(struct gv_station *station, const struct gv_config *config,
                       struct gv_error *err);

/* Stops listening; `drained` runs on the station's loop when the last request is answered. On its
 * thread. */
void gv_station_drain(struct gv_station *station, void (*drained)(void *ctx), void *ctx);

/* Requests being served. On its thread. */
unsigned gv_station_active(const struct gv_station *station);

/* Frees everything. Its loop does not run any more. */
void gv_station_close(struct gv_station *station);

#endif

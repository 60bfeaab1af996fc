/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/station.h"

#include "sidecar/api/api.h"
#include "sidecar/gateway/gateway.h"
#include "sidecar/telemetry/log.h"

/* Connections to one host: MLflow's own server works on far fewer requests at once. */
#define UPSTREAM_CONNECTIONS 256

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static bool open_clients(struct gv_station *station, const struct gv_station_shared *shared,
                         struct gv_error *err)
{
    const struct gv_config *config = shared->config;
    station->loop = gv_loop_new(err);
    if (!station->loop)
        return false;
    station->client = gv_http_client_new(station->loop, UPSTREAM_CONNECTIONS, err);
    if (!station->client)
        return false;
    station->verifier = gv_verifier_new(shared->identity, station->loop, station->client);
    if (!station->verifier)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    const char *url =
        gv_arena_format(config->arena, "%s%s", config->mlflow_url, config->mlflow_static_prefix);
    if (!url)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    struct gv_mlflow_options options = {.url = url,
                                        .authorization = or_null(config->mlflow_authorization),
                                        .ca_file = or_null(config->mlflow_ca_file)};
    station->mlflow = gv_mlflow_new(station->client, &options, err);
    return station->mlflow != NULL;
}

static bool open_governance(struct gv_station *station, const struct gv_station_shared *shared,
                            struct gv_error *err)
{
    struct gv_governance_services services = {.loop = station->loop,
                                              .slot = shared->slot,
                                              .store = shared->store,
                                              .audit = shared->audit,
                                              .mlflow = station->mlflow,
                                              .approved = shared->approved,
                                              .approved_ctx = shared->approved_ctx,
                                              .sink_trouble = shared->sink_trouble,
                                              .sink_ctx = shared->sink_ctx};
    station->governance = gv_governance_new(&services, err);
    return station->governance != NULL;
}

static bool open_doors(struct gv_station *station, const struct gv_station_shared *shared,
                       struct gv_error *err)
{
    const struct gv_config *config = shared->config;
    struct gv_gateway_services gateway = {.loop = station->loop,
                                          .client = station->client,
                                          .verifier = station->verifier,
                                          .governance = station->governance};
    struct gv_gateway_options options = {.upstream = config->mlflow_url,
                                         .static_prefix = config->mlflow_static_prefix,
                                         .workspaces = config->mlflow_workspaces,
                                         .authorization = or_null(config->mlflow_authorization),
                                         .ca_file = or_null(config->mlflow_ca_file),
                                         .hosts = config->gateway_hosts.items,
                                         .host_count = config->gateway_hosts.count,
                                         .body_bytes = (size_t)config->gateway_body_bytes,
                                         .upstream_idle = config->gateway_idle};
    station->gateway = gv_gateway_new(&gateway, &options, err);
    struct gv_api_services api = {.loop = station->loop,
                                  .verifier = station->verifier,
                                  .governance = station->governance,
                                  .store = shared->store};
    station->api = station->gateway ? gv_api_new(&api, err) : NULL;
    return station->api != NULL;
}

bool gv_station_open(struct gv_station *station, const struct gv_station_shared *shared,
                     struct gv_error *err)
{
    return open_clients(station, shared, err) && open_governance(station, shared, err) &&
           open_doors(station, shared, err);
}

static bool listen_on(struct gv_station *station, const struct gv_http_server_options *options,
                      struct gv_http_server **ret_server, struct gv_error *err)
{
    if (!options->address[0])
        return true;
    *ret_server = gv_http_server_start(station->loop, options, err);
    if (!*ret_server)
        return gv_error_prefix(err, "%s.listen", options->name);
    return true;
}

bool gv_station_listen(struct gv_station *station, const struct gv_config *config,
                       struct gv_error *err)
{
    struct gv_http_server_options gateway = {
        .name = "gateway",
        .address = config->gateway_listen,
        .shared = config->threads > 1,
        .limits = {.connections = (unsigned)config->gateway_connections,
                   .connections_per_ip = (unsigned)config->gateway_connections_per_address,
                   .header_bytes = (size_t)config->gateway_header_bytes,
                   .headers = (unsigned)config->gateway_headers,
                   .body_bytes = (size_t)config->gateway_body_bytes,
                   .idle = config->gateway_idle,
                   .total = config->gateway_total},
        .handle = gv_gateway_handle,
        .ctx = station->gateway,
        .render_error = gv_gateway_render_error,
    };
    struct gv_http_server_options api = {
        .name = "api",
        .address = config->api_listen,
        .shared = config->threads > 1,
        .limits = {.connections = (unsigned)config->api_connections,
                   .connections_per_ip = (unsigned)config->api_connections_per_address,
                   .header_bytes = (size_t)config->api_header_bytes,
                   .headers = (unsigned)config->api_headers,
                   .body_bytes = (size_t)config->api_body_bytes,
                   .idle = config->api_idle,
                   .total = config->api_total},
        .handle = gv_api_handle,
        .ctx = station->api,
        .render_error = gv_api_render_error,
    };
    return listen_on(station, &gateway, &station->gateway_server, err) &&
           listen_on(station, &api, &station->api_server, err);
}

static void one_drained(void *ctx)
{
    struct gv_station *station = ctx;
    if (--station->draining == 0)
        station->drained(station->drained_ctx);
}

void gv_station_drain(struct gv_station *station, void (*drained)(void *ctx), void *ctx)
{
    station->drained = drained;
    station->drained_ctx = ctx;
    /* One more than the servers, so that the answer comes once even when both are done at once. */
    station->draining = 1u + (station->gateway_server ? 1u : 0u) + (station->api_server ? 1u : 0u);
    if (station->gateway_server)
        gv_http_server_drain(station->gateway_server, one_drained, station);
    if (station->api_server)
        gv_http_server_drain(station->api_server, one_drained, station);
    one_drained(station);
}

unsigned gv_station_active(const struct gv_station *station)
{
    unsigned active = station->governance ? gv_governance_active(station->governance) : 0;
    if (station->gateway_server)
        active += gv_http_server_active(station->gateway_server);
    if (station->api_server)
        active += gv_http_server_active(station->api_server);
    return active;
}

void gv_station_close(struct gv_station *station)
{
    station->gateway_server = gv_http_server_stop(station->gateway_server);
    station->api_server = gv_http_server_stop(station->api_server);
    station->gateway = gv_gateway_free(station->gateway);
    station->api = gv_api_free(station->api);
    station->governance = gv_governance_free(station->governance);
    station->mlflow = gv_mlflow_free(station->mlflow);
    station->verifier = gv_verifier_free(station->verifier);
    station->client = gv_http_client_free(station->client);
    station->loop = gv_loop_free(station->loop);
}

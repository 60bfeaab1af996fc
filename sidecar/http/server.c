/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/internal.h"

#include "policies/engine/base/panic.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEVER INT64_MAX

/* Rounds of the daemon in a row: what its handlers resume runs at once, but other descriptors of
 * the loop must not wait for ever. */
#define ROUNDS 8

/* --- libmicrohttpd's callbacks --- */

/* Requests find their connection through libmicrohttpd's socket context. */
static struct gv_http_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void connection_opened(struct gv_http_server *server, struct MHD_Connection *mhd,
                              void **context)
{
    struct gv_http_connection *connection = calloc(1, sizeof(*connection));
    *context = connection;
    if (!connection) {
        return; /* its first request is cut, see target_arrived */
    }
    connection->mhd = mhd;
    connection->since = gv_clock_monotonic();
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    gv_listen_peer(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
                   connection->peer);
    connection->next = server->connections;
    connection->place = &server->connections;
    if (connection->next) {
        connection->next->place = &connection->next;
    }
    server->connections = connection;
    if (server->connection_count++ == 0) {
        gv_timer_set(server->sweep, GV_HTTP_SWEEP);
    }
    gv_metric_add(GV_METRIC_HTTP_CONNECTIONS, 1, server->options.name);
}

static void connection_closed(struct gv_http_server *server, void **context)
{
    struct gv_http_connection *connection = *context;
    *context = NULL;
    if (!connection) {
        return;
    }
    *connection->place = connection->next;
    if (connection->next) {
        connection->next->place = connection->place;
    }
    free(connection);
    server->connection_count--;
    gv_metric_add(GV_METRIC_HTTP_CONNECTIONS, -1, server->options.name);
}

static void connection_changed(void *cls, struct MHD_Connection *mhd, void **context,
                               enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_opened(cls, mhd, context);
    } else {
        connection_closed(cls, context);
    }
}

/* The first line has arrived; what is returned becomes the request's context. This is the only
 * place where the target can be had as it was sent. */
static void *target_arrived(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct gv_http_connection *connection = connection_of(mhd);
    return connection ? gv_request_new(connection, cls, target) : NULL;
}

/* libmicrohttpd would otherwise decode the path before the guard sees it. */
static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

static void request_over(void *cls, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct gv_http_server *server = cls;
    struct gv_http_request *request = *context;
    (void)mhd;
    (void)code;
    *context = NULL;
    if (!request) {
        return;
    }
    /* A request that never came to the guard was refused by libmicrohttpd itself. */
    if ((request->linger || !request->guarded) && !server->stopping) {
        gv_linger_add(server->linger, request->connection->fd);
    }
    gv_request_end(request);
    if (server->draining && server->active == 0) {
        gv_timer_set(server->drained, 0);
    }
}

__attribute__((format(printf, 2, 0))) static void log_daemon(void *cls, const char *format,
                                                             va_list args)
{
    const struct gv_http_server *server = cls;
    char message[256];
    if (gv_log_wants(GV_LOG_DEBUG)) {
        vsnprintf(message, sizeof(message), format, args);
        message[strcspn(message, "\n")] = '\0';
        gv_log(GV_LOG_DEBUG, "http", message, GV_LOG_S("listener", server->options.name));
    }
}

/* --- the daemon on the loop --- */

static void update_due(struct gv_http_server *server)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    if (MHD_get_timeout(server->daemon, &ms) != MHD_YES) {
        server->due = NEVER;
        return;
    }
    gv_duration wait = ms > 3600000 ? GV_HOUR : (gv_duration)ms * GV_MILLISECOND;
    server->due = gv_clock_monotonic() + wait;
    server->ready = server->ready || ms == 0;
}

/* At its limit of connections the daemon stops listening, and listens again only in the run after
 * the one that closed a connection. */
static bool has_room_again(const struct gv_http_server *server, unsigned before)
{
    unsigned limit = server->options.limits.connections;
    return before >= limit && server->connection_count < limit;
}

static void run(struct gv_http_server *server)
{
    server->running = true;
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned before = server->connection_count;
        server->ready = false;
        MHD_run(server->daemon);
        server->ready = server->ready || has_room_again(server, before);
        if (!server->ready) {
            break;
        }
    }
    server->running = false;
    update_due(server);
}

static gv_duration before_sleep(void *ctx)
{
    struct gv_http_server *server = ctx;
    if (server->ready || gv_clock_monotonic() >= server->due) {
        run(server);
    }
    if (server->ready) {
        return 0;
    }
    gv_duration left = server->due == NEVER ? -1 : server->due - gv_clock_monotonic();
    return server->due == NEVER || left > 0 ? left : 0;
}

static void daemon_ready(void *ctx, unsigned events)
{
    struct gv_http_server *server = ctx;
    (void)events;
    server->ready = true;
}

void gv_server_wake(struct gv_http_server *server)
{
    /* The hook of this round may have run already: the timer makes the loop go round once more. */
    if (!server->ready && !server->running) {
        gv_timer_set(server->kick, 0);
    }
    server->ready = true;
}

static void kicked(void *ctx)
{
    (void)ctx;
}

/* --- deadlines --- */

/* A suspended connection is not watched by libmicrohttpd. A client that ended its sending side
 * counts as gone, as it does in other proxies: it is closing far more often than half-closing. */
static bool is_gone(const struct gv_http_connection *connection)
{
    struct pollfd poll_fd = {.fd = connection->fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0 &&
           (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* Between requests and within a head libmicrohttpd's own idle timeout rules, but a client that
 * sends a byte now and then renews it for ever, and nobody knows yet who it is. */
static bool dribbles(const struct gv_http_limits *limits, gv_time since, gv_time now)
{
    return limits->idle > 0 && now - since > limits->idle + GV_SECOND;
}

static void check_connection(struct gv_http_server *server, struct gv_http_connection *connection,
                             gv_time now)
{
    const struct gv_http_limits *limits = &server->options.limits;
    struct gv_http_request *request = connection->request;
    if (connection->cut) {
        return;
    }
    if (!request) {
        if (dribbles(limits, connection->since, now)) {
            connection->cut = true;
            shutdown(connection->fd, SHUT_RDWR);
        }
        return;
    }
    bool late = (limits->total > 0 && now - request->started > limits->total) ||
                (!request->guarded && dribbles(limits, request->started, now));
    if (late || (request->suspended && is_gone(connection))) {
        connection->cut = true;
        gv_exchange_cut(request);
    }
}

static void sweep(void *ctx)
{
    struct gv_http_server *server = ctx;
    gv_time now = gv_clock_monotonic();
    for (struct gv_http_connection *at = server->connections; at; at = at->next) {
        check_connection(server, at, now);
    }
    if (server->connection_count > 0) {
        gv_timer_set(server->sweep, GV_HTTP_SWEEP);
    }
}

/* --- start --- */

static unsigned idle_seconds(const struct gv_http_limits *limits)
{
    gv_duration seconds = (limits->idle + GV_SECOND - 1) / GV_SECOND;
    return seconds > 0 && seconds < UINT16_MAX ? (unsigned)seconds : 0;
}

static bool start_daemon(struct gv_http_server *server, struct gv_error *err)
{
    const struct gv_http_limits *limits = &server->options.limits;
    size_t pool = GV_HTTP_CONNECTION_POOL_HEADS * limits->header_bytes;
    pool = pool > GV_HTTP_CONNECTION_POOL ? pool : GV_HTTP_CONNECTION_POOL;
    const struct MHD_OptionItem per_ip[] = {
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)limits->connections_per_ip, NULL},
        {MHD_OPTION_END, 0, NULL}};
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        gv_exchange_turn, server, MHD_OPTION_EXTERNAL_LOGGER, log_daemon, server,
        MHD_OPTION_LISTEN_SOCKET, server->listener, MHD_OPTION_CONNECTION_LIMIT,
        limits->connections, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds(limits),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool, MHD_OPTION_NOTIFY_CONNECTION, connection_changed,
        server, MHD_OPTION_NOTIFY_COMPLETED, request_over, server, MHD_OPTION_URI_LOG_CALLBACK,
        target_arrived, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, server,
        MHD_OPTION_ARRAY, limits->connections_per_ip > 0 ? per_ip : &per_ip[1], MHD_OPTION_END);
    if (!server->daemon) {
        return gv_error_set(err, GV_ERROR_IO, "cannot start the HTTP server of %s",
                            server->options.address);
    }
    server->listener = -1; /* the daemon's now */
    return true;
}

static bool join_loop(struct gv_http_server *server, struct gv_error *err)
{
    int fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    server->watch = gv_watch_new(server->loop, fd, GV_LOOP_READ, daemon_ready, server, err);
    return server->watch != NULL;
}

static bool make_helpers(struct gv_http_server *server, struct gv_error *err)
{
    server->hook = gv_hook_new(server->loop, before_sleep, server);
    server->kick = gv_timer_new(server->loop, kicked, server);
    server->sweep = gv_timer_new(server->loop, sweep, server);
    server->linger = gv_linger_new(server->loop);
    if (!server->hook || !server->kick || !server->sweep || !server->linger) {
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory for the HTTP server of %s",
                            server->options.address);
    }
    return true;
}

struct gv_http_server *gv_http_server_start(struct gv_loop *loop,
                                            const struct gv_http_server_options *options,
                                            struct gv_error *err)
{
    struct gv_http_server *server = calloc(1, sizeof(*server));
    if (!server) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory for the HTTP server of %s",
                     options->address);
        return NULL;
    }
    server->loop = loop;
    server->options = *options;
    server->due = NEVER;
    server->ready = true; /* its first run makes it listen */
    server->listener = gv_listen_open(options->address, options->shared, err);
    if (server->listener >= 0) {
        server->port = gv_listen_port(server->listener);
    }
    if (server->listener < 0 || !make_helpers(server, err) || !start_daemon(server, err) ||
        !join_loop(server, err)) {
        return gv_http_server_stop(server);
    }
    return server;
}

unsigned gv_http_server_port(const struct gv_http_server *server)
{
    return server->port;
}

unsigned gv_http_server_active(const struct gv_http_server *server)
{
    return server->active;
}

/* --- end --- */

static void drained(void *ctx)
{
    struct gv_http_server *server = ctx;
    void (*done)(void *ctx) = server->done;
    server->done = NULL;
    if (done) {
        done(server->done_ctx);
    }
}

void gv_http_server_drain(struct gv_http_server *server, void (*done)(void *ctx), void *ctx)
{
    server->done = done;
    server->done_ctx = ctx;
    if (!server->drained) {
        server->drained = gv_timer_new(server->loop, drained, server);
    }
    gv_invariant(server->drained != NULL, "out of memory while draining");
    int listener = server->draining ? -1 : MHD_quiesce_daemon(server->daemon);
    server->draining = true;
    if (listener >= 0) {
        close(listener);
    }
    for (struct gv_http_connection *at = server->connections; at; at = at->next) {
        if (!at->request && !at->cut) {
            at->cut = true;
            shutdown(at->fd, SHUT_RDWR);
        }
    }
    gv_server_wake(server);
    if (server->active == 0) {
        gv_timer_set(server->drained, 0);
    }
}

/* libmicrohttpd wants every suspended connection resumed before it is stopped. */
static void stop_daemon(struct gv_http_server *server)
{
    server->stopping = true;
    for (struct gv_http_connection *at = server->connections; at; at = at->next) {
        if (at->request) {
            at->request->cut = true;
            gv_exchange_resume(at->request);
        }
    }
    server->running = true;
    MHD_run(server->daemon);
    MHD_stop_daemon(server->daemon);
}

struct gv_http_server *gv_http_server_stop(struct gv_http_server *server)
{
    if (!server) {
        return NULL;
    }
    gv_invariant(!server->running, "a server is stopped inside its own handler");
    gv_watch_free(server->watch);
    if (server->daemon) {
        stop_daemon(server);
    }
    if (server->listener >= 0) {
        close(server->listener);
    }
    gv_hook_free(server->hook);
    gv_timer_free(server->kick);
    gv_timer_free(server->sweep);
    gv_timer_free(server->drained);
    gv_linger_free(server->linger);
    gv_request_free_spare(server);
    free(server);
    return NULL;
}

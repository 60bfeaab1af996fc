/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/daemon.h"

#include "sidecar/admin.h"
#include "sidecar/audit/audit.h"
#include "sidecar/audit/loki.h"
#include "sidecar/files.h"
#include "sidecar/policies.h"
#include "sidecar/probe.h"
#include "sidecar/station.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"
#include "sidecar/version.h"

#include <curl/curl.h>
#include <jansson.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define STATIONS_MAX 64
#define CHECK_COUNT 4

struct gv_daemon {
    const struct gv_config *config;
    struct gv_policies *policies;
    struct gv_identity *identity;
    struct gv_store *store;
    struct gv_audit *audit;
    struct gv_loki *loki;
    struct gv_executor *executor;
    struct gv_probe *probe;
    struct gv_admin *admin;
    struct gv_station stations[STATIONS_MAX];
    pthread_t threads[STATIONS_MAX];
    unsigned station_count;
    unsigned running; /* stations with a thread of their own, the first not counted */
    struct gv_check checks[CHECK_COUNT];
    int signals;
    struct gv_watch *signal_watch;
    struct gv_timer *drain_limit;
    bool draining;
    unsigned
        undrained; /* stations whose requests are not all answered; counted on the first loop */
    bool cut;      /* the drain ran out of time */
    gv_time started;
};

static struct gv_loop *first_loop(struct gv_daemon *daemon)
{
    return daemon->stations[0].loop;
}

/* --- what /readyz asks --- */

static const char *store_trouble(void *ctx, char *buf, size_t size)
{
    return gv_store_trouble(((struct gv_daemon *)ctx)->store, buf, size);
}

static const char *identity_trouble(void *ctx, char *buf, size_t size)
{
    return gv_identity_trouble(((struct gv_daemon *)ctx)->identity, buf, size);
}

static const char *policies_trouble(void *ctx, char *buf, size_t size)
{
    return gv_policies_trouble(((struct gv_daemon *)ctx)->policies, buf, size);
}

static const char *mlflow_trouble(void *ctx, char *buf, size_t size)
{
    return gv_probe_mlflow_trouble(((struct gv_daemon *)ctx)->probe, buf, size);
}

/* --- what stations ask of the process; any thread --- */

static void approved(void *ctx)
{
    struct gv_daemon *daemon = ctx;
    gv_executor_wake(daemon->executor);
    if (daemon->loki)
        gv_loki_wake(daemon->loki);
}

static const char *sink_trouble(void *ctx)
{
    const struct gv_daemon *daemon = ctx;
    if (daemon->config->profile != GV_PROFILE_LARGE)
        return NULL;
    gv_time last = gv_loki_last_success(daemon->loki);
    if (last < daemon->started)
        last = daemon->started;
    return gv_clock_wall() - last > daemon->config->audit_sink_bound
               ? "the audit sink was not reached within audit.sinkBound, and profile large does "
                 "not "
                 "promote without it; mend Loki or its settings"
               : NULL;
}

/* --- building, one step a function, in this order --- */

static bool open_policies(struct gv_daemon *daemon, struct gv_error *err)
{
    struct gv_policies_options options = {.directory = daemon->config->policies,
                                          .profile = daemon->config->profile};
    daemon->policies = gv_policies_open(&options, err);
    return daemon->policies != NULL;
}

static bool open_identity(struct gv_daemon *daemon, struct gv_error *err)
{
    const struct gv_config *config = daemon->config;
    struct gv_identity_options options = {.issuers = config->issuers.items,
                                          .issuer_count = config->issuers.count,
                                          .dev_key_file =
                                              config->dev_identity ? config->dev_key : NULL,
                                          .leeway = config->identity_leeway};
    daemon->identity = gv_identity_new(&options, err);
    if (daemon->identity && config->dev_identity)
        gv_log(GV_LOG_WARN, "identity",
               "DEV IDENTITY: whoever reads the dev key can be anyone; for loopback and trying out "
               "only",
               GV_LOG_S("key", config->dev_key), GV_LOG_S("configure", "identity.issuers"));
    return daemon->identity != NULL;
}

static bool open_store(struct gv_daemon *daemon, struct gv_error *err)
{
    struct gv_store_options options = {.url = daemon->config->store_url};
    daemon->store = gv_store_open(&options, err);
    return daemon->store != NULL;
}

static bool open_audit(struct gv_daemon *daemon, struct gv_error *err)
{
    const struct gv_config *config = daemon->config;
    struct gv_set *set = gv_slot_acquire(gv_policies_slot(daemon->policies));
    struct gv_audit_options options = {.writer = config->audit_writer, .version = GV_VERSION};
    daemon->audit = gv_audit_open(daemon->store, &options, gv_set_digest(set), err);
    gv_set_unref(set);
    if (!daemon->audit || !config->loki_url[0])
        return daemon->audit != NULL;
    struct gv_loki_options loki = {
        .url = config->loki_url,
        .tenant = config->loki_tenant[0] ? config->loki_tenant : NULL,
        .bearer_file = config->loki_bearer_file[0] ? config->loki_bearer_file : NULL,
        .ca_file = config->loki_ca_file[0] ? config->loki_ca_file : NULL,
        .writer = config->audit_writer,
        .cluster = config->loki_cluster[0] ? config->loki_cluster : NULL,
        .namespace_ = config->loki_namespace[0] ? config->loki_namespace : NULL,
    };
    daemon->loki = gv_loki_start(daemon->store, &loki, err);
    return daemon->loki != NULL;
}

static bool open_stations(struct gv_daemon *daemon, struct gv_error *err)
{
    struct gv_station_shared shared = {.config = daemon->config,
                                       .slot = gv_policies_slot(daemon->policies),
                                       .store = daemon->store,
                                       .audit = daemon->audit,
                                       .identity = daemon->identity,
                                       .approved = approved,
                                       .approved_ctx = daemon,
                                       .sink_trouble = sink_trouble,
                                       .sink_ctx = daemon};
    for (unsigned i = 0; i < (unsigned)daemon->config->threads; i++) {
        daemon->station_count++;
        if (!gv_station_open(&daemon->stations[i], &shared, err))
            return false;
    }
    return true;
}

static bool open_executor(struct gv_daemon *daemon, struct gv_error *err)
{
    struct gv_executor_options options = {.loop = first_loop(daemon),
                                          .slot = gv_policies_slot(daemon->policies),
                                          .store = daemon->store,
                                          .audit = daemon->audit,
                                          .mlflow = daemon->stations[0].mlflow,
                                          .owner = daemon->config->audit_writer};
    daemon->executor = gv_executor_start(&options, err);
    daemon->probe =
        daemon->executor
            ? gv_probe_start(first_loop(daemon), daemon->stations[0].mlflow, daemon->store, err)
            : NULL;
    return daemon->probe != NULL;
}

static bool open_watch(struct gv_daemon *daemon, struct gv_error *err)
{
    return gv_policies_watch(daemon->policies, first_loop(daemon), daemon->audit, err);
}

static bool open_admin(struct gv_daemon *daemon, struct gv_error *err)
{
    const struct gv_check checks[CHECK_COUNT] = {
        {"store", true, store_trouble, daemon},
        {"identity", true, identity_trouble, daemon},
        {"mlflow", true, mlflow_trouble, daemon},
        {"policies", false, policies_trouble, daemon},
    };
    memcpy(daemon->checks, checks, sizeof(checks));
    if (!daemon->config->admin_listen[0])
        return true;
    struct gv_admin_options options = {.address = daemon->config->admin_listen,
                                       .connections = (unsigned)daemon->config->admin_connections,
                                       .checks = daemon->checks,
                                       .check_count = CHECK_COUNT,
                                       .draining = &daemon->draining};
    daemon->admin = gv_admin_start(first_loop(daemon), &options, err);
    return daemon->admin != NULL;
}

static void log_listener(const char *door, unsigned port, const char *address)
{
    gv_log(GV_LOG_INFO, "daemon", "Listening", GV_LOG_S("door", door), GV_LOG_S("address", address),
           GV_LOG_I("port", port));
}

static bool open_listeners(struct gv_daemon *daemon, struct gv_error *err)
{
    const struct gv_config *config = daemon->config;
    for (unsigned i = 0; i < daemon->station_count; i++) {
        if (!gv_station_listen(&daemon->stations[i], config, err))
            return false;
    }
    const struct gv_station *first = &daemon->stations[0];
    if (first->gateway_server)
        log_listener("gateway", gv_http_server_port(first->gateway_server), config->gateway_listen);
    if (first->api_server)
        log_listener("api", gv_http_server_port(first->api_server), config->api_listen);
    if (daemon->admin)
        log_listener("admin", gv_admin_port(daemon->admin), config->admin_listen);
    return true;
}

/* --- ending --- */

static void stop_loops(struct gv_daemon *daemon)
{
    for (unsigned i = 0; i < daemon->station_count; i++)
        gv_loop_stop(daemon->stations[i].loop);
}

static void executor_drained(void *ctx)
{
    stop_loops(ctx);
}

static void station_drained_here(void *ctx)
{
    struct gv_daemon *daemon = ctx;
    if (--daemon->undrained == 0)
        gv_executor_drain(daemon->executor, executor_drained, daemon);
}

/* On the station's loop: the count is kept on the first one. */
static void station_drained(void *ctx)
{
    struct gv_daemon *daemon = ctx;
    gv_loop_post(first_loop(daemon), station_drained_here, daemon);
}

struct drain_order {
    struct gv_daemon *daemon;
    struct gv_station *station;
};

static void drain_station(void *ctx)
{
    struct drain_order *order = ctx;
    gv_station_drain(order->station, station_drained, order->daemon);
    free(order);
}

static void drain_ran_out(void *ctx)
{
    struct gv_daemon *daemon = ctx;
    daemon->cut = true;
    gv_log(GV_LOG_WARN, "daemon", "The drain ran out of time; what is open is cut",
           GV_LOG_I("requests", gv_station_active(&daemon->stations[0])));
    stop_loops(daemon);
}

static void begin_drain(struct gv_daemon *daemon)
{
    if (daemon->draining) {
        stop_loops(daemon);
        return;
    }
    gv_log(GV_LOG_INFO, "daemon", "Draining: no new requests, open ones are finished");
    daemon->draining = true;
    daemon->undrained = daemon->station_count;
    gv_timer_set(daemon->drain_limit, daemon->config->drain);
    for (unsigned i = 0; i < daemon->station_count; i++) {
        struct drain_order *order = malloc(sizeof(*order));
        if (!order)
            return; /* the limit ends it */
        *order = (struct drain_order){daemon, &daemon->stations[i]};
        if (!gv_loop_post(daemon->stations[i].loop, drain_station, order))
            free(order);
    }
}

static void signal_ready(void *ctx, unsigned events)
{
    struct gv_daemon *daemon = ctx;
    struct signalfd_siginfo info;
    (void)events;
    while (read(daemon->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGHUP)
            gv_policies_reload(daemon->policies);
        else
            begin_drain(daemon);
    }
}

static bool open_signals(struct gv_daemon *daemon, struct gv_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    daemon->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (daemon->signals < 0)
        return gv_error_set(err, GV_ERROR_IO, "cannot take signals");
    daemon->signal_watch =
        gv_watch_new(first_loop(daemon), daemon->signals, GV_LOOP_READ, signal_ready, daemon, err);
    daemon->drain_limit = gv_timer_new(first_loop(daemon), drain_ran_out, daemon);
    return daemon->signal_watch && daemon->drain_limit;
}

static void close_all(struct gv_daemon *daemon)
{
    daemon->admin = gv_admin_stop(daemon->admin);
    /* First what works on threads of its own: what it still answers goes to loops that exist but
     * run no more, so nothing below is called back while it is freed. */
    daemon->audit = gv_audit_close(daemon->audit);
    daemon->loki = gv_loki_stop(daemon->loki, 2 * GV_SECOND);
    daemon->store = gv_store_close(daemon->store);
    if (daemon->policies)
        gv_policies_unwatch(daemon->policies);
    daemon->probe = gv_probe_stop(daemon->probe);
    daemon->executor = gv_executor_stop(daemon->executor);
    daemon->drain_limit = gv_timer_free(daemon->drain_limit);
    daemon->signal_watch = gv_watch_free(daemon->signal_watch);
    if (daemon->signals >= 0)
        close(daemon->signals);
    for (unsigned i = daemon->station_count; i-- > 0;)
        gv_station_close(&daemon->stations[i]);
    gv_policies_close(daemon->policies);
    daemon->identity = gv_identity_free(daemon->identity);
}

/* --- running --- */

static void *run_station(void *ctx)
{
    gv_loop_run(((struct gv_station *)ctx)->loop);
    return NULL;
}

static bool start_threads(struct gv_daemon *daemon, struct gv_error *err)
{
    for (unsigned i = 1; i < daemon->station_count; i++) {
        int failed = pthread_create(&daemon->threads[i], NULL, run_station, &daemon->stations[i]);
        if (failed)
            return gv_error_set_errno(err, GV_ERROR_IO, failed, "cannot start a thread");
        daemon->running++;
    }
    return true;
}

static void join_threads(struct gv_daemon *daemon)
{
    for (unsigned i = 1; i <= daemon->running; i++) {
        gv_loop_stop(daemon->stations[i].loop);
        pthread_join(daemon->threads[i], NULL);
    }
}

/* Every thread inherits the mask: signals arrive through the first loop only. */
static void mask_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Series whose labels are known exist from the start, so that a rate over them has a beginning. */
static void begin_series(void)
{
    static const char *const STATUSES[] = {"pending", "approved", "denied"};
    static const char *const RESULTS[] = {"executed", "failed", "retried", "superseded"};
    for (size_t i = 0; i < sizeof(STATUSES) / sizeof(STATUSES[0]); i++)
        gv_metric_add(GV_METRIC_PROMOTIONS, 0, STATUSES[i]);
    for (size_t i = 0; i < sizeof(RESULTS) / sizeof(RESULTS[0]); i++)
        gv_metric_add(GV_METRIC_EXECUTIONS, 0, RESULTS[i]);
}

/*
 * What one request frees the next one takes: trimming the heap in between would cost page faults on
 * each. A few threads that work seldom need no heaps of their own.
 */
static void keep_memory_small(void)
{
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 2 * 1024 * 1024);
}

static bool open_all(struct gv_daemon *daemon, struct gv_error *err)
{
    return gv_directory_make(daemon->config->state, err) && open_policies(daemon, err) &&
           open_identity(daemon, err) && open_store(daemon, err) && open_audit(daemon, err) &&
           open_stations(daemon, err) && open_signals(daemon, err) && open_executor(daemon, err) &&
           open_watch(daemon, err) && open_admin(daemon, err) && open_listeners(daemon, err) &&
           start_threads(daemon, err);
}

int gv_daemon_run(const struct gv_config *config)
{
    static struct gv_daemon daemon;
    struct gv_error err = GV_ERROR_INIT;
    char text[GV_ERROR_MESSAGE_SIZE + GV_ERROR_FILE_SIZE];
    daemon = (struct gv_daemon){.config = config, .signals = -1, .started = gv_clock_wall()};
    mask_signals();
    keep_memory_small();
    json_object_seed(0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    gv_log_setup(config->log_format, config->log_level, STDERR_FILENO);
    gv_metric_set(GV_METRIC_BUILD_INFO, 1, GV_VERSION);
    begin_series();
    bool opened = open_all(&daemon, &err);
    if (opened) {
        gv_log(GV_LOG_INFO, "daemon", "Gavel is up", GV_LOG_S("version", GV_VERSION),
               GV_LOG_S("profile", gv_profile_word(config->profile)),
               GV_LOG_S("policies", config->policies), GV_LOG_S("mlflow", config->mlflow_url));
        gv_loop_run(first_loop(&daemon));
    } else {
        gv_log(GV_LOG_ERROR, "daemon", gv_error_text(&err, text, sizeof(text)));
    }
    join_threads(&daemon);
    close_all(&daemon);
    curl_global_cleanup();
    if (opened)
        gv_log(GV_LOG_INFO, "daemon", "Gavel has ended");
    return opened && !daemon.cut ? 0 : 1;
}

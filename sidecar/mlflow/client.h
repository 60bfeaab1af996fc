/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_MLFLOW_CLIENT_H
#define GV_MLFLOW_CLIENT_H

#include "policies/engine/promotion/model.h"
#include "sidecar/http/client.h"

/*
 * Gavel's own calls to MLflow's REST API, for facts and for carrying decisions out. On one loop. A
 * call ends with `done` exactly once, after the function returned, unless the client is freed. What
 * is passed to `done` is valid during the call only.
 *
 * Errors: NOT_FOUND (MLflow says RESOURCE_DOES_NOT_EXIST), REFUSED (another 4xx, MLflow's message),
 * UNAVAILABLE (no answer, 5xx, 429: try again), CORRUPT (an answer that is not what MLflow
 * answers).
 */
struct gv_mlflow;

struct gv_mlflow_options {
    const char *url;           /* "http://127.0.0.1:5001", static prefix included */
    const char *authorization; /* value of the header towards MLflow; NULL: none */
    const char *ca_file;
};

/* `client` must outlive it. NULL on error. */
struct gv_mlflow *gv_mlflow_new(struct gv_http_client *client,
                                const struct gv_mlflow_options *options, struct gv_error *err);
/* Cancels what is under way. Accepts NULL; returns NULL. */
struct gv_mlflow *gv_mlflow_free(struct gv_mlflow *mlflow);

struct gv_mlflow_version {
    const char *model; /* as MLflow spells it */
    int64_t version;
    const char *stage;    /* "None" … */
    const char *run_id;   /* NULL: none */
    const char *model_id; /* NULL: none */
    const char *source;
    const char *user_id;
    const char *status;
    int64_t created_at; /* milliseconds since 1970, MLflow's creation_timestamp */
    const char *const *aliases;
    size_t alias_count;
    const struct gv_tag *tags;
    size_t tag_count;
};

struct gv_mlflow_metric {
    const char *key;
    double value;
};

struct gv_mlflow_run {
    const char *run_id;
    const char *user_id; /* user_id, else the tag mlflow.user; NULL: unknown */
    const char *status;
    const struct gv_mlflow_metric *metrics;
    size_t metric_count;
};

typedef void (*gv_mlflow_version_done)(void *ctx, const struct gv_mlflow_version *version,
                                       const struct gv_error *err);
typedef void (*gv_mlflow_versions_done)(void *ctx, const struct gv_mlflow_version *versions,
                                        size_t count, const struct gv_error *err);
typedef void (*gv_mlflow_run_done)(void *ctx, const struct gv_mlflow_run *run,
                                   const struct gv_error *err);
typedef void (*gv_mlflow_done)(void *ctx, const struct gv_error *err);
typedef void (*gv_mlflow_workspaces_done)(void *ctx, bool enabled, const struct gv_error *err);
typedef void (*gv_mlflow_count_done)(void *ctx, int64_t experiments, int64_t models,
                                     const struct gv_error *err);

/* model-versions/get, which has the version's aliases since MLflow 2.3. */
bool gv_mlflow_version_get(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                           int64_t version, gv_mlflow_version_done done, void *ctx,
                           struct gv_error *err);

/* registered-models/alias: the version that an alias points to; NOT_FOUND when it points nowhere.
 */
bool gv_mlflow_version_by_alias(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                                const char *alias, gv_mlflow_version_done done, void *ctx,
                                struct gv_error *err);

/* All versions of a model (model-versions/search, every page), aliases included. REFUSED at once
 * for a name with both kinds of quotes, which MLflow cannot search for; LIMIT for a model with more
 * than GV_MLFLOW_VERSIONS_MAX versions. */
bool gv_mlflow_versions(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                        gv_mlflow_versions_done done, void *ctx, struct gv_error *err);

/*
 * The versions of any model that were made from a run, or from a logged model (the other is NULL),
 * and the copies of them, and of those: model-versions/search, every page. Their aliases are left
 * out: ask for each that matters with gv_mlflow_version_get. REFUSED when the id is none, or when
 * one of the models has a name that MLflow cannot search for.
 */
bool gv_mlflow_versions_made_from(struct gv_mlflow *mlflow, const char *workspace,
                                  const char *run_id, const char *model_id,
                                  gv_mlflow_versions_done done, void *ctx, struct gv_error *err);

/* runs/get: latest metrics and the author. */
bool gv_mlflow_run_get(struct gv_mlflow *mlflow, const char *workspace, const char *run_id,
                       gv_mlflow_run_done done, void *ctx, struct gv_error *err);

bool gv_mlflow_stage_set(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                         int64_t version, const char *stage, bool archive_existing,
                         gv_mlflow_done done, void *ctx, struct gv_error *err);
bool gv_mlflow_alias_set(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                         int64_t version, const char *alias, gv_mlflow_done done, void *ctx,
                         struct gv_error *err);
bool gv_mlflow_alias_delete(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                            const char *alias, gv_mlflow_done done, void *ctx,
                            struct gv_error *err);
bool gv_mlflow_tag_set(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                       int64_t version, const char *key, const char *value, gv_mlflow_done done,
                       void *ctx, struct gv_error *err);

/* GET /health. */
bool gv_mlflow_ping(struct gv_mlflow *mlflow, gv_mlflow_done done, void *ctx, struct gv_error *err);

/*
 * Whether the server keeps workspaces apart (server-info). One that does not may still take the
 * header X-MLFLOW-WORKSPACE and act on its only workspace, as MLflow 2 does; a call that names
 * another one is then about something else than it says, and must be refused. A server without
 * server-info has no workspaces.
 */
bool gv_mlflow_workspaces(struct gv_mlflow *mlflow, gv_mlflow_workspaces_done done, void *ctx,
                          struct gv_error *err);

/* How many experiments and registered models there are, for the inventory gauges. */
bool gv_mlflow_count(struct gv_mlflow *mlflow, gv_mlflow_count_done done, void *ctx,
                     struct gv_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/client.h"

#include "policies/engine/base/grow.h"
#include "sidecar/mlflow/decode.h"
#include "sidecar/mlflow/internal.h"

/*
 * An operation is one or several calls of MLflow's API that end in one callback. Each knows its
 * next step; whoever starts a step either gets an error at once or the step's end later.
 */

struct operation {
    struct gv_mlflow *mlflow;
    struct operation *previous;
    struct operation *next;
    struct gv_http_call *call; /* the one under way */
    struct gv_arena *arena;
    const char *workspace;
    const char *model;  /* as asked for; empty: any */
    const char *origin; /* id of the run or logged model that versions were made from */
    size_t sought;      /* what was asked about that: see made_from_filter */
    void (*received)(struct operation *operation, json_t *reply, const struct gv_error *err);
    union {
        gv_mlflow_version_done version;
        gv_mlflow_versions_done versions;
        gv_mlflow_run_done run;
        gv_mlflow_count_done count;
        gv_mlflow_workspaces_done workspaces;
        gv_mlflow_done plain;
    } done;
    void *ctx;
    struct gv_mlflow_version *versions; /* heap: grows over the pages */
    size_t version_count;
    size_t version_capacity;
    int64_t experiments;
    int64_t models;
    bool counts_models; /* a count has come to its second half */
    bool any_answer;    /* 200 suffices, whatever the body (/health) */
    unsigned status;    /* of the last answer */
};

struct gv_mlflow {
    struct gv_http_client *http;
    char *url;
    char *authorization;
    char *ca_file;
    struct operation *first;
};

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static bool copy_option(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return *to || !from;
}

struct gv_mlflow *gv_mlflow_new(struct gv_http_client *client,
                                const struct gv_mlflow_options *options, struct gv_error *err)
{
    struct gv_mlflow *mlflow = calloc(1, sizeof(*mlflow));
    if (!mlflow || !copy_option(&mlflow->url, options->url) ||
        !copy_option(&mlflow->authorization, options->authorization) ||
        !copy_option(&mlflow->ca_file, options->ca_file)) {
        gv_mlflow_free(mlflow);
        no_memory(err);
        return NULL;
    }
    mlflow->http = client;
    size_t length = strlen(mlflow->url);
    while (length > 0 && mlflow->url[length - 1] == '/')
        mlflow->url[--length] = '\0';
    return mlflow;
}

static void operation_free(struct operation *operation)
{
    if (operation->previous)
        operation->previous->next = operation->next;
    else
        operation->mlflow->first = operation->next;
    if (operation->next)
        operation->next->previous = operation->previous;
    if (operation->call)
        gv_http_call_cancel(operation->call);
    free(operation->versions);
    gv_arena_free(operation->arena);
    free(operation);
}

struct gv_mlflow *gv_mlflow_free(struct gv_mlflow *mlflow)
{
    if (!mlflow)
        return NULL;
    while (mlflow->first)
        operation_free(mlflow->first);
    free(mlflow->url);
    free(mlflow->authorization);
    free(mlflow->ca_file);
    free(mlflow);
    return NULL;
}

static struct operation *operation_new(struct gv_mlflow *mlflow, const char *workspace,
                                       const char *model, void *ctx, struct gv_error *err)
{
    struct operation *operation = calloc(1, sizeof(*operation));
    struct gv_arena *arena = gv_arena_new(0);
    if (!operation || !arena) {
        free(operation);
        gv_arena_free(arena);
        no_memory(err);
        return NULL;
    }
    *operation =
        (struct operation){.mlflow = mlflow, .next = mlflow->first, .arena = arena, .ctx = ctx};
    if (mlflow->first)
        mlflow->first->previous = operation;
    mlflow->first = operation;
    operation->workspace = gv_arena_string(arena, workspace ? workspace : "default");
    operation->model = gv_arena_string(arena, model ? model : "");
    if (!operation->workspace || !operation->model) {
        operation_free(operation);
        no_memory(err);
        return NULL;
    }
    return operation;
}

/* What the reply says, as JSON or as an error. */
static bool read_reply(struct operation *operation, const struct gv_http_reply *reply,
                       json_t **ret_json, struct gv_error *err)
{
    *ret_json = NULL;
    if (reply->error) {
        *err = *reply->error;
        bool too_large = err->code == GV_ERROR_LIMIT;
        if (err->code != GV_ERROR_MEMORY)
            err->code = too_large ? GV_ERROR_CORRUPT : GV_ERROR_UNAVAILABLE;
        return gv_error_prefix(err, "MLflow at %s", operation->mlflow->url);
    }
    if (reply->status != 200)
        return gv_mlflow_decode_error(reply->status, reply->body, err);
    if (operation->any_answer)
        return true;
    if (gv_mlflow_body_parse(reply->body, ret_json, err))
        return true;
    if (err->code != GV_ERROR_MEMORY)
        err->code = GV_ERROR_CORRUPT;
    return gv_error_prefix(err, "MLflow's answer");
}

static void on_reply(void *ctx, const struct gv_http_reply *reply)
{
    struct operation *operation = ctx;
    struct gv_error err = GV_ERROR_INIT;
    json_t *json;
    operation->call = NULL;
    operation->status = reply->status;
    bool ok = read_reply(operation, reply, &json, &err);
    operation->received(operation, json, ok ? NULL : &err);
    json_decref(json);
}

static bool send(struct operation *operation, const char *method, const char *path, json_t *body,
                 struct gv_error *err)
{
    struct gv_mlflow *mlflow = operation->mlflow;
    struct gv_http_header headers[4];
    unsigned count = 0;
    struct gv_slice text = {0};
    const char *url = gv_arena_format(operation->arena, "%s%s", mlflow->url, path);
    if (!url)
        return no_memory(err);
    if (body && !gv_mlflow_body_write(operation->arena, body, &text, err))
        return false;
    headers[count++] = (struct gv_http_header){"Accept", "application/json"};
    if (body)
        headers[count++] = (struct gv_http_header){"Content-Type", "application/json"};
    if (mlflow->authorization)
        headers[count++] = (struct gv_http_header){"Authorization", mlflow->authorization};
    /* A server without workspaces refuses the header, so it is sent only when it says something. */
    if (strcmp(operation->workspace, "default") != 0)
        headers[count++] = (struct gv_http_header){"X-MLFLOW-WORKSPACE", operation->workspace};
    struct gv_http_call_options options = {.method = method,
                                           .url = url,
                                           .headers = headers,
                                           .header_count = count,
                                           .body = text,
                                           .has_body = body != NULL,
                                           .reply_bytes = GV_MLFLOW_REPLY_MAX,
                                           .ca_file = mlflow->ca_file,
                                           .done = on_reply,
                                           .ctx = operation};
    operation->call = gv_http_client_call(mlflow->http, &options, err);
    return operation->call != NULL;
}

/* Starts an operation with its first call; frees it when that fails. Takes `body` over. */
static bool start(struct operation *operation, const char *method, const char *path, json_t *body,
                  struct gv_error *err)
{
    bool ok = path || no_memory(err);
    ok = ok && send(operation, method, path, body, err);
    json_decref(body);
    if (!ok)
        operation_free(operation);
    return ok;
}

static const char *encode(struct operation *operation, const char *text)
{
    return gv_mlflow_encode(operation->arena, gv_slice_from(text), "");
}

/* --- ends --- */

static void end_version(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    struct gv_error own = GV_ERROR_INIT;
    struct gv_mlflow_version version;
    json_t *json = json_object_get(reply, "model_version");
    if (!err && !gv_mlflow_decode_version(operation->arena, json, &version, &own))
        err = &own;
    operation->done.version(operation->ctx, err ? NULL : &version, err);
    operation_free(operation);
}

/* MLflow calls an alias that does not exist an invalid parameter. */
static void end_alias(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    struct gv_error own;
    if (err && err->code == GV_ERROR_REFUSED && strstr(err->message, "INVALID_PARAMETER_VALUE") &&
        strstr(err->message, "alias") && strstr(err->message, "not found")) {
        own = *err;
        own.code = GV_ERROR_NOT_FOUND;
        err = &own;
    }
    end_version(operation, reply, err);
}

static void end_run(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    struct gv_error own = GV_ERROR_INIT;
    struct gv_mlflow_run run;
    if (!err && !gv_mlflow_decode_run(operation->arena, json_object_get(reply, "run"), &run, &own))
        err = &own;
    operation->done.run(operation->ctx, err ? NULL : &run, err);
    operation_free(operation);
}

static void end_workspaces(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    bool enabled = json_is_true(json_object_get(reply, "workspaces_enabled"));
    /* MLflow 2 has no such route, and answers 404 without a document. */
    if (err && operation->status == 404)
        err = NULL;
    operation->done.workspaces(operation->ctx, enabled, err);
    operation_free(operation);
}

static void end_plain(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    (void)reply;
    operation->done.plain(operation->ctx, err);
    operation_free(operation);
}

static void end_versions(struct operation *operation, const struct gv_error *err)
{
    operation->done.versions(operation->ctx, err ? NULL : operation->versions,
                             err ? 0 : operation->version_count, err);
    operation_free(operation);
}

static void end_count(struct operation *operation, const struct gv_error *err)
{
    operation->done.count(operation->ctx, operation->experiments, operation->models, err);
    operation_free(operation);
}

/* --- one answer --- */

bool gv_mlflow_version_get(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                           int64_t version, gv_mlflow_version_done done, void *ctx,
                           struct gv_error *err)
{
    struct operation *operation = operation_new(mlflow, workspace, model, ctx, err);
    if (!operation)
        return false;
    operation->received = end_version;
    operation->done.version = done;
    const char *name = encode(operation, model);
    const char *path = name ? gv_arena_format(operation->arena,
                                              "/api/2.0/mlflow/model-versions/get?name=%s&version="
                                              "%lld",
                                              name, (long long)version)
                            : NULL;
    return start(operation, "GET", path, NULL, err);
}

bool gv_mlflow_version_by_alias(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                                const char *alias, gv_mlflow_version_done done, void *ctx,
                                struct gv_error *err)
{
    struct operation *operation = operation_new(mlflow, workspace, model, ctx, err);
    if (!operation)
        return false;
    operation->received = end_alias;
    operation->done.version = done;
    const char *name = encode(operation, model);
    const char *word = encode(operation, alias);
    const char *path = name && word
                           ? gv_arena_format(operation->arena,
                                             "/api/2.0/mlflow/registered-models/alias?name=%s&"
                                             "alias=%s",
                                             name, word)
                           : NULL;
    return start(operation, "GET", path, NULL, err);
}

bool gv_mlflow_run_get(struct gv_mlflow *mlflow, const char *workspace, const char *run_id,
                       gv_mlflow_run_done done, void *ctx, struct gv_error *err)
{
    struct operation *operation = operation_new(mlflow, workspace, NULL, ctx, err);
    if (!operation)
        return false;
    operation->received = end_run;
    operation->done.run = done;
    const char *id = encode(operation, run_id);
    const char *path =
        id ? gv_arena_format(operation->arena, "/api/2.0/mlflow/runs/get?run_id=%s", id) : NULL;
    return start(operation, "GET", path, NULL, err);
}

bool gv_mlflow_ping(struct gv_mlflow *mlflow, gv_mlflow_done done, void *ctx, struct gv_error *err)
{
    struct operation *operation = operation_new(mlflow, NULL, NULL, ctx, err);
    if (!operation)
        return false;
    operation->received = end_plain;
    operation->done.plain = done;
    operation->any_answer = true;
    return start(operation, "GET", "/health", NULL, err);
}

bool gv_mlflow_workspaces(struct gv_mlflow *mlflow, gv_mlflow_workspaces_done done, void *ctx,
                          struct gv_error *err)
{
    struct operation *operation = operation_new(mlflow, NULL, NULL, ctx, err);
    if (!operation)
        return false;
    operation->received = end_workspaces;
    operation->done.workspaces = done;
    return start(operation, "GET", "/api/3.0/mlflow/server-info", NULL, err);
}

/* --- changes --- */

/* Starts a call that changes something; takes `body` over. */
static bool change(struct gv_mlflow *mlflow, const char *workspace, const char *method,
                   const char *path, json_t *body, gv_mlflow_done done, void *ctx,
                   struct gv_error *err)
{
    if (!body)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "a name or value for MLflow is not UTF-8, or memory is out");
    struct operation *operation = operation_new(mlflow, workspace, NULL, ctx, err);
    if (!operation) {
        json_decref(body);
        return false;
    }
    operation->received = end_plain;
    operation->done.plain = done;
    return start(operation, method, path, body, err);
}

/* MLflow's API has versions as texts. */
static json_t *version_body(const char *model, int64_t version)
{
    char number[24];
    snprintf(number, sizeof(number), "%lld", (long long)version);
    return json_pack("{s:s,s:s}", "name", model, "version", number);
}

/* Adds a member that is given away; NULL and freed when either is missing. */
static json_t *with(json_t *body, const char *name, json_t *value)
{
    if (body && json_object_set_new(body, name, value) == 0)
        return body;
    if (!body)
        json_decref(value);
    json_decref(body);
    return NULL;
}

bool gv_mlflow_stage_set(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                         int64_t version, const char *stage, bool archive_existing,
                         gv_mlflow_done done, void *ctx, struct gv_error *err)
{
    json_t *body = with(version_body(model, version), "stage", json_string(stage));
    body = with(body, "archive_existing_versions", json_boolean(archive_existing));
    return change(mlflow, workspace, "POST", "/api/2.0/mlflow/model-versions/transition-stage",
                  body, done, ctx, err);
}

bool gv_mlflow_alias_set(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                         int64_t version, const char *alias, gv_mlflow_done done, void *ctx,
                         struct gv_error *err)
{
    json_t *body = with(version_body(model, version), "alias", json_string(alias));
    return change(mlflow, workspace, "POST", "/api/2.0/mlflow/registered-models/alias", body, done,
                  ctx, err);
}

bool gv_mlflow_alias_delete(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                            const char *alias, gv_mlflow_done done, void *ctx, struct gv_error *err)
{
    json_t *body = json_pack("{s:s,s:s}", "name", model, "alias", alias);
    return change(mlflow, workspace, "DELETE", "/api/2.0/mlflow/registered-models/alias", body,
                  done, ctx, err);
}

bool gv_mlflow_tag_set(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                       int64_t version, const char *key, const char *value, gv_mlflow_done done,
                       void *ctx, struct gv_error *err)
{
    json_t *body = with(version_body(model, version), "key", json_string(key));
    body = with(body, "value", json_string(value));
    return change(mlflow, workspace, "POST", "/api/2.0/mlflow/model-versions/set-tag", body, done,
                  ctx, err);
}

/* --- several pages --- */

/* Asks for the next page of `path`; false when there is none (then *err is untouched) or on error.
 */
static bool next_page(struct operation *operation, const char *path, const json_t *reply,
                      struct gv_error *err)
{
    const char *token = json_string_value(json_object_get(reply, "next_page_token"));
    if (!token || !*token)
        return false;
    const char *encoded = encode(operation, token);
    const char *url =
        encoded ? gv_arena_format(operation->arena, "%s&page_token=%s", path, encoded) : NULL;
    return url ? send(operation, "GET", url, NULL, err) : no_memory(err);
}

static bool append_version(struct operation *operation, const json_t *json, struct gv_error *err)
{
    if (operation->version_count == GV_MLFLOW_VERSIONS_MAX)
        return gv_error_set(err, GV_ERROR_LIMIT, "model has more than %d versions",
                            GV_MLFLOW_VERSIONS_MAX);
    struct gv_mlflow_version *grown = gv_grow(operation->versions, &operation->version_capacity,
                                              operation->version_count + 1, sizeof(*grown));
    if (!grown)
        return no_memory(err);
    operation->versions = grown;
    struct gv_mlflow_version *version = &grown[operation->version_count];
    if (!gv_mlflow_decode_version(operation->arena, json, version, err))
        return false;
    if (operation->model[0] && strcmp(version->model, operation->model) != 0)
        return gv_error_set(err, GV_ERROR_CORRUPT,
                            "MLflow answered with a version of another model");
    operation->version_count++;
    return true;
}

static void got_aliases(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    struct gv_error own = GV_ERROR_INIT;
    json_t *model = json_object_get(reply, "registered_model");
    if (!err && !gv_mlflow_decode_aliases(operation->arena, model, operation->versions,
                                          operation->version_count, &own))
        err = &own;
    end_versions(operation, err);
}

/* After the last page: MLflow's search leaves aliases out, the registered model lists them. */
static void ask_for_aliases(struct operation *operation)
{
    struct gv_error err = GV_ERROR_INIT;
    const char *name = encode(operation, operation->model);
    const char *path = name ? gv_arena_format(operation->arena,
                                              "/api/2.0/mlflow/registered-models/get?name=%s", name)
                            : NULL;
    operation->received = got_aliases;
    if (!(path || no_memory(&err)) || !send(operation, "GET", path, NULL, &err))
        end_versions(operation, &err);
}

/* The quotes for a name in a filter: MLflow's filters know two kinds and no escape. */
static const char *quote_for(const char *name, struct gv_error *err)
{
    const char *quote = strchr(name, '\'') ? "\"" : "'";
    if (!strstr(name, quote))
        return quote;
    gv_error_set_quoted(err, GV_ERROR_REFUSED, gv_slice_from(name),
                        "has both kinds of quotes, so MLflow cannot search for it");
    return NULL;
}

static const char *versions_path(struct operation *operation, struct gv_error *err)
{
    const char *quote = quote_for(operation->model, err);
    if (!quote)
        return NULL;
    const char *filter =
        gv_arena_format(operation->arena, "name = %s%s%s", quote, operation->model, quote);
    const char *encoded = filter ? encode(operation, filter) : NULL;
    const char *path = encoded ? gv_arena_format(operation->arena,
                                                 "/api/2.0/mlflow/model-versions/search?filter=%s&"
                                                 "max_results=%d",
                                                 encoded, GV_MLFLOW_PAGE)
                               : NULL;
    if (!path)
        no_memory(err);
    return path;
}

static void got_versions(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    struct gv_error own = GV_ERROR_INIT;
    json_t *list = json_object_get(reply, "model_versions");
    for (size_t i = 0; !err && i < json_array_size(list); i++) {
        if (!append_version(operation, json_array_get(list, i), &own))
            err = &own;
    }
    const char *path = err ? NULL : versions_path(operation, &own);
    if (path && next_page(operation, path, reply, &own))
        return;
    if (!err && own.code != GV_ERROR_NONE)
        err = &own;
    if (err)
        end_versions(operation, err);
    else
        ask_for_aliases(operation);
}

bool gv_mlflow_versions(struct gv_mlflow *mlflow, const char *workspace, const char *model,
                        gv_mlflow_versions_done done, void *ctx, struct gv_error *err)
{
    struct operation *operation = operation_new(mlflow, workspace, model, ctx, err);
    if (!operation)
        return false;
    operation->received = got_versions;
    operation->done.versions = done;
    const char *path = versions_path(operation, err);
    if (!path) {
        operation_free(operation);
        return false;
    }
    return start(operation, "GET", path, NULL, err);
}

/* --- what a run or logged model became --- */

enum { SOUGHT_BY_RUN, SOUGHT_BY_SOURCE, SOUGHT_COPIES };

/* A run's versions name it, or have it in the path of their source; a logged model's have it there;
 * and each that was found may have copies, whose source names it, and which may have copies.
 * MLflow's filters know no OR, so these are several questions. */
static const char *made_from_filter(struct operation *operation, struct gv_error *err)
{
    if (operation->sought == SOUGHT_BY_RUN)
        return gv_arena_format(operation->arena, "run_id = '%s'", operation->origin);
    if (operation->sought == SOUGHT_BY_SOURCE)
        return gv_arena_format(operation->arena, "source_path LIKE '%%%s%%'", operation->origin);
    const struct gv_mlflow_version *found = &operation->versions[operation->sought - SOUGHT_COPIES];
    const char *quote = quote_for(found->model, err);
    if (!quote)
        return NULL;
    return gv_arena_format(operation->arena, "source_path = %smodels:/%s/%lld%s", quote,
                           found->model, (long long)found->version, quote);
}

static const char *made_from_path(struct operation *operation, struct gv_error *err)
{
    const char *filter = made_from_filter(operation, err);
    const char *encoded = filter ? encode(operation, filter) : NULL;
    const char *path = encoded ? gv_arena_format(operation->arena,
                                                 "/api/2.0/mlflow/model-versions/search?filter=%s&"
                                                 "max_results=%d",
                                                 encoded, GV_MLFLOW_PAGE)
                               : NULL;
    if (!path && err->code == GV_ERROR_NONE)
        no_memory(err);
    return path;
}

/* What one question found and an earlier one had found already counts once. */
static bool append_made_from(struct operation *operation, const json_t *json, struct gv_error *err)
{
    if (!append_version(operation, json, err))
        return false;
    const struct gv_mlflow_version *last = &operation->versions[operation->version_count - 1];
    for (const struct gv_mlflow_version *at = operation->versions; at < last; at++) {
        if (at->version == last->version && strcmp(at->model, last->model) == 0) {
            operation->version_count--;
            break;
        }
    }
    return true;
}

static void got_made_from(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    struct gv_error own = GV_ERROR_INIT;
    json_t *list = json_object_get(reply, "model_versions");
    for (size_t i = 0; !err && i < json_array_size(list); i++) {
        if (!append_made_from(operation, json_array_get(list, i), &own))
            err = &own;
    }
    const char *path = err ? NULL : made_from_path(operation, &own);
    if (path && next_page(operation, path, reply, &own))
        return;
    bool more = ++operation->sought < SOUGHT_COPIES + operation->version_count;
    if (path && own.code == GV_ERROR_NONE && more) {
        path = made_from_path(operation, &own);
        if (path && send(operation, "GET", path, NULL, &own))
            return;
    }
    if (!err && own.code != GV_ERROR_NONE)
        err = &own;
    end_versions(operation, err);
}

/* What stands in a filter between quotes and around wildcards: an id and nothing else. */
static bool is_origin(const char *id)
{
    size_t length = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return length > 0 && id[length] == '\0' && length <= GV_MLFLOW_ORIGIN_MAX;
}

bool gv_mlflow_versions_made_from(struct gv_mlflow *mlflow, const char *workspace,
                                  const char *run_id, const char *model_id,
                                  gv_mlflow_versions_done done, void *ctx, struct gv_error *err)
{
    const char *id = run_id ? run_id : model_id;
    if (!is_origin(id))
        return gv_error_set_quoted(err, GV_ERROR_REFUSED, gv_slice_from(id),
                                   "is no id of a run or logged model");
    struct operation *operation = operation_new(mlflow, workspace, NULL, ctx, err);
    if (!operation)
        return false;
    operation->received = got_made_from;
    operation->done.versions = done;
    operation->sought = run_id ? SOUGHT_BY_RUN : SOUGHT_BY_SOURCE;
    operation->origin = gv_arena_string(operation->arena, id);
    const char *path = operation->origin ? made_from_path(operation, err) : NULL;
    if (!path) {
        operation_free(operation);
        return no_memory(err);
    }
    return start(operation, "GET", path, NULL, err);
}

/* --- the inventory --- */

static const char *count_path(const struct operation *operation)
{
    return operation->counts_models ? "/api/2.0/mlflow/registered-models/search?max_results=1000"
                                    : "/api/2.0/mlflow/experiments/search?max_results=1000";
}

static void got_count(struct operation *operation, json_t *reply, const struct gv_error *err)
{
    struct gv_error own = GV_ERROR_INIT;
    const char *name = operation->counts_models ? "registered_models" : "experiments";
    int64_t *count = operation->counts_models ? &operation->models : &operation->experiments;
    *count += (int64_t)json_array_size(json_object_get(reply, name));
    bool more = !err && *count < GV_MLFLOW_COUNT_MAX;
    if (more && next_page(operation, count_path(operation), reply, &own))
        return;
    if (!err && own.code == GV_ERROR_NONE && !operation->counts_models) {
        operation->counts_models = true;
        if (send(operation, "GET", count_path(operation), NULL, &own))
            return;
    }
    end_count(operation, err ? err : own.code != GV_ERROR_NONE ? &own : NULL);
}

bool gv_mlflow_count(struct gv_mlflow *mlflow, gv_mlflow_count_done done, void *ctx,
                     struct gv_error *err)
{
    struct operation *operation = operation_new(mlflow, NULL, NULL, ctx, err);
    if (!operation)
        return false;
    operation->received = got_count;
    operation->done.count = done;
    return start(operation, "GET", count_path(operation), NULL, err);
}

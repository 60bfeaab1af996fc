/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/evidence.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static bool is_text(const char *text)
{
    return text && text[0];
}

const char *gv_evidence_author(const struct gv_mlflow_version *version,
                               const struct gv_mlflow_run *run)
{
    if (run && is_text(run->user_id))
        return run->user_id;
    return is_text(version->user_id) ? version->user_id : NULL;
}

/* --- claims --- */

static bool check_run(const struct gv_evidence *evidence, const char *claimed, struct gv_error *err)
{
    const char *actual = is_text(evidence->version->run_id) ? evidence->version->run_id : "none";
    if (!claimed || strcmp(claimed, actual) == 0)
        return true;
    return gv_error_set(err, GV_ERROR_INVALID,
                        "mlflow_run_id is claimed to be %.64s, but model %s v%" PRId64
                        " was made by run %s",
                        claimed, evidence->version->model, evidence->version->version, actual);
}

static const struct gv_mlflow_metric *find_metric(const struct gv_mlflow_run *run, const char *key)
{
    for (size_t i = 0; run && i < run->metric_count; i++) {
        if (strcmp(run->metrics[i].key, key) == 0)
            return &run->metrics[i];
    }
    return NULL;
}

/* Exactly the run's own: a rounded claim is another number than the one that was measured. */
static bool is_same(double a, double b)
{
    return a >= b && a <= b;
}

/* Says what was claimed, and what the run has (NULL: no such metric). */
static bool wrong_metric(const struct gv_metric_claim *claim, const struct gv_mlflow_metric *metric,
                         struct gv_error *err)
{
    struct gv_text claimed = GV_TEXT_INIT;
    struct gv_text actual = GV_TEXT_INIT;
    gv_text_double(&claimed, claim->value);
    if (metric)
        gv_text_double(&actual, metric->value);
    gv_error_set(err, GV_ERROR_INVALID,
                 "performance_metrics claims %.64s = %s, but the version's run has %s", claim->name,
                 gv_text_cstr(&claimed), metric ? gv_text_cstr(&actual) : "no such metric");
    gv_text_free(&claimed);
    gv_text_free(&actual);
    return false;
}

static bool check_metric(const struct gv_evidence *evidence, const struct gv_metric_claim *claim,
                         struct gv_error *err)
{
    const struct gv_mlflow_metric *metric = find_metric(evidence->run, claim->name);
    return (metric && is_same(metric->value, claim->value)) || wrong_metric(claim, metric, err);
}

static bool wrong_uri(const struct gv_evidence *evidence, const char *uri, struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_INVALID,
                        "mlflow_model_uri %.200s is not model %s v%" PRId64
                        ", which was made by run %s",
                        uri, evidence->version->model, evidence->version->version,
                        is_text(evidence->version->run_id) ? evidence->version->run_id : "none");
}

/* runs:/RUN/…: the run must be the version's. */
static bool check_runs_uri(const struct gv_evidence *evidence, const char *uri,
                           struct gv_slice path, struct gv_error *err)
{
    struct gv_slice run = gv_slice_split(&path, '/');
    const char *actual = evidence->version->run_id;
    return (is_text(actual) && gv_slice_is(run, actual)) || wrong_uri(evidence, uri, err);
}

static bool is_number(struct gv_slice text, int64_t *ret_number)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    *ret_number = text.len > 0 && text.len < 16 ? strtoll(text.ptr, NULL, 10) : 0;
    return text.len > 0;
}

/* models:/NAME/VERSION must be the version; models:/m-ID its logged model. A stage or alias moves,
 * so it says nothing that could be wrong. */
static bool check_models_uri(const struct gv_evidence *evidence, const char *uri,
                             struct gv_slice path, struct gv_error *err)
{
    struct gv_slice version = path;
    struct gv_slice name = gv_slice_split(&version, '/');
    int64_t number;
    if (is_number(version, &number))
        return (gv_slice_is(name, evidence->version->model) &&
                number == evidence->version->version) ||
               wrong_uri(evidence, uri, err);
    const char *model_id = evidence->version->model_id;
    bool logged = version.len == 0 && gv_slice_starts(name, GV_SLICE("m-"));
    return !logged || !is_text(model_id) || gv_slice_is(name, model_id) ||
           wrong_uri(evidence, uri, err);
}

static bool check_uri(const struct gv_evidence *evidence, const char *uri, struct gv_error *err)
{
    struct gv_slice text = gv_slice_from(uri);
    struct gv_slice scheme = gv_slice_split(&text, '/');
    while (gv_slice_starts(text, GV_SLICE("/")))
        text = (struct gv_slice){text.ptr + 1, text.len - 1};
    if (gv_slice_is(scheme, "runs:"))
        return check_runs_uri(evidence, uri, text, err);
    if (gv_slice_is(scheme, "models:"))
        return check_models_uri(evidence, uri, text, err);
    return true;
}

bool gv_evidence_check(const struct gv_evidence *evidence,
                       const struct gv_promotion_request *request, struct gv_error *err)
{
    if (!check_run(evidence, request->run_id, err))
        return false;
    if (request->model_uri && !check_uri(evidence, request->model_uri, err))
        return false;
    for (size_t i = 0; i < request->metric_count; i++) {
        if (!check_metric(evidence, &request->metrics[i], err))
            return false;
    }
    return true;
}

/* --- what is frozen --- */

static void put_text(struct gv_text *out, const char *key, const char *value)
{
    gv_text_format(out, ",\"%s\":", key);
    if (value)
        gv_text_json(out, gv_slice_from(value));
    else
        gv_text_string(out, "null");
}

static void put_aliases(struct gv_text *out, const struct gv_mlflow_version *version)
{
    gv_text_string(out, ",\"aliases\":[");
    for (size_t i = 0; i < version->alias_count; i++) {
        gv_text_string(out, i > 0 ? "," : "");
        gv_text_json(out, gv_slice_from(version->aliases[i]));
    }
    gv_text_char(out, ']');
}

static void put_metrics(struct gv_text *out, const struct gv_mlflow_run *run)
{
    size_t count = 0;
    gv_text_string(out, ",\"metrics\":{");
    for (size_t i = 0; run && i < run->metric_count; i++) {
        if (!isfinite(run->metrics[i].value))
            continue;
        gv_text_string(out, count++ > 0 ? "," : "");
        gv_text_json(out, gv_slice_from(run->metrics[i].key));
        gv_text_char(out, ':');
        gv_text_double(out, run->metrics[i].value);
    }
    gv_text_char(out, '}');
}

const char *gv_evidence_json(const struct gv_evidence *evidence, struct gv_arena *arena)
{
    const struct gv_mlflow_version *version = evidence->version;
    struct gv_text out = GV_TEXT_INIT;
    gv_text_format(&out, "{\"creation_timestamp\":%" PRId64, version->created_at);
    put_text(&out, "run_id", version->run_id);
    put_text(&out, "source", version->source);
    put_text(&out, "model_id", version->model_id);
    put_text(&out, "stage", version->stage);
    put_aliases(&out, version);
    put_metrics(&out, evidence->run);
    put_text(&out, "author", evidence->author);
    put_text(&out, "held", evidence->held);
    gv_text_char(&out, '}');
    const char *json = gv_text_ok(&out) ? gv_arena_copy(arena, gv_text_slice(&out)) : NULL;
    gv_text_free(&out);
    return json;
}

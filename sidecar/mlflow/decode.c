/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/decode.h"

#include "sidecar/mlflow/internal.h"

static bool corrupt(const char *name, struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_CORRUPT, "MLflow's answer has no usable \"%s\"", name);
}

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

/* A text; NULL when it is missing or empty. */
static bool read_text(struct gv_arena *arena, const json_t *json, const char *name,
                      const char **ret_text, struct gv_error *err)
{
    json_t *value = json_object_get(json, name);
    *ret_text = NULL;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return corrupt(name, err);
    if (json_string_length(value) == 0)
        return true;
    *ret_text = gv_arena_string(arena, json_string_value(value));
    return *ret_text || no_memory(err);
}

/* A whole number, as a number or as protobuf's JSON writes an int64: in quotes. */
static bool read_number(const json_t *json, const char *name, int64_t *ret_number,
                        struct gv_error *err)
{
    json_t *value = json_object_get(json, name);
    *ret_number = 0;
    if (!value)
        return true;
    if (json_is_integer(value)) {
        *ret_number = json_integer_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    char *end = NULL;
    long long number = text && *text ? strtoll(text, &end, 10) : 0;
    if (!end || *end)
        return corrupt(name, err);
    *ret_number = number;
    return true;
}

static bool read_tags(struct gv_arena *arena, const json_t *json, const struct gv_tag **ret_tags,
                      size_t *ret_count, struct gv_error *err)
{
    json_t *list = json_object_get(json, "tags");
    size_t count = json_array_size(list);
    struct gv_tag *tags = gv_arena_array(arena, count + 1, sizeof(*tags));
    if (!tags)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        json_t *tag = json_array_get(list, i);
        if (!read_text(arena, tag, "key", &tags[i].key, err) ||
            !read_text(arena, tag, "value", &tags[i].value, err))
            return false;
        if (!tags[i].key)
            return corrupt("tags", err);
        if (!tags[i].value)
            tags[i].value = "";
    }
    *ret_tags = tags;
    *ret_count = count;
    return true;
}

static bool read_aliases(struct gv_arena *arena, const json_t *json,
                         struct gv_mlflow_version *version, struct gv_error *err)
{
    json_t *list = json_object_get(json, "aliases");
    size_t count = json_array_size(list);
    const char **aliases = gv_arena_array(arena, count + 1, sizeof(*aliases));
    if (!aliases)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char *alias = json_string_value(json_array_get(list, i));
        if (!alias)
            return corrupt("aliases", err);
        aliases[i] = gv_arena_string(arena, alias);
        if (!aliases[i])
            return no_memory(err);
    }
    version->aliases = aliases;
    version->alias_count = count;
    return true;
}

bool gv_mlflow_decode_version(struct gv_arena *arena, const json_t *json,
                              struct gv_mlflow_version *ret_version, struct gv_error *err)
{
    struct gv_mlflow_version *version = ret_version;
    const char *number;
    *version = (struct gv_mlflow_version){0};
    if (!read_text(arena, json, "name", &version->model, err) ||
        !read_text(arena, json, "version", &number, err) ||
        !read_text(arena, json, "current_stage", &version->stage, err) ||
        !read_text(arena, json, "run_id", &version->run_id, err) ||
        !read_text(arena, json, "model_id", &version->model_id, err) ||
        !read_text(arena, json, "source", &version->source, err) ||
        !read_text(arena, json, "user_id", &version->user_id, err) ||
        !read_text(arena, json, "status", &version->status, err) ||
        !read_number(json, "creation_timestamp", &version->created_at, err) ||
        !read_aliases(arena, json, version, err) ||
        !read_tags(arena, json, &version->tags, &version->tag_count, err))
        return false;
    if (!version->model)
        return corrupt("name", err);
    if (!number || !gv_mlflow_check_version(gv_slice_from(number), &version->version, NULL))
        return corrupt("version", err);
    if (!version->stage)
        version->stage = "None";
    return true;
}

static bool read_metric(struct gv_arena *arena, const json_t *json, struct gv_mlflow_metric *metric,
                        struct gv_error *err)
{
    json_t *value = json_object_get(json, "value");
    const char *text = json_string_value(value);
    if (!read_text(arena, json, "key", &metric->key, err))
        return false;
    /* Protobuf leaves a zero out, and writes what JSON has no number for as a text. */
    metric->value = json_number_value(value);
    if (text && (strcmp(text, "NaN") == 0 || strcmp(text, "Infinity") == 0 ||
                 strcmp(text, "-Infinity") == 0))
        metric->value = strtod(text, NULL);
    else if (value && !json_is_number(value))
        return corrupt("metrics", err);
    return metric->key || corrupt("metrics", err);
}

bool gv_mlflow_decode_run(struct gv_arena *arena, const json_t *json, struct gv_mlflow_run *ret_run,
                          struct gv_error *err)
{
    json_t *info = json_object_get(json, "info");
    json_t *data = json_object_get(json, "data");
    json_t *list = json_object_get(data, "metrics");
    const struct gv_tag *tags;
    size_t tag_count;
    *ret_run = (struct gv_mlflow_run){.metric_count = json_array_size(list)};
    struct gv_mlflow_metric *metrics =
        gv_arena_array(arena, ret_run->metric_count + 1, sizeof(*metrics));
    if (!metrics)
        return no_memory(err);
    ret_run->metrics = metrics;
    if (!read_text(arena, info, "run_id", &ret_run->run_id, err) ||
        !read_text(arena, info, "user_id", &ret_run->user_id, err) ||
        !read_text(arena, info, "status", &ret_run->status, err) ||
        !read_tags(arena, data, &tags, &tag_count, err))
        return false;
    for (size_t i = 0; i < ret_run->metric_count; i++) {
        if (!read_metric(arena, json_array_get(list, i), &metrics[i], err))
            return false;
    }
    for (size_t i = 0; i < tag_count && !ret_run->user_id; i++) {
        if (strcmp(tags[i].key, "mlflow.user") == 0 && *tags[i].value)
            ret_run->user_id = tags[i].value;
    }
    return ret_run->run_id || corrupt("run_id", err);
}

/* The aliases that point to one version, in the arena. */
static bool collect_aliases(struct gv_arena *arena, const json_t *list,
                            struct gv_mlflow_version *version, struct gv_error *err)
{
    size_t count = json_array_size(list);
    const char **aliases = gv_arena_array(arena, count + 1, sizeof(*aliases));
    if (!aliases)
        return no_memory(err);
    version->alias_count = 0;
    version->aliases = aliases;
    for (size_t i = 0; i < count; i++) {
        json_t *entry = json_array_get(list, i);
        const char *alias;
        int64_t number;
        if (!read_text(arena, entry, "alias", &alias, err) ||
            !read_number(entry, "version", &number, err))
            return false;
        if (!alias)
            return corrupt("aliases", err);
        if (number == version->version)
            aliases[version->alias_count++] = alias;
    }
    return true;
}

static bool is_pointed_to(const json_t *list, int64_t version)
{
    size_t at;
    json_t *entry;
    json_array_foreach(list, at, entry)
    {
        int64_t number;
        if (!read_number(entry, "version", &number, NULL) || number == version)
            return true;
    }
    return false;
}

bool gv_mlflow_decode_aliases(struct gv_arena *arena, const json_t *registered_model,
                              struct gv_mlflow_version *versions, size_t count,
                              struct gv_error *err)
{
    json_t *list = json_object_get(registered_model, "aliases");
    for (size_t i = 0; i < count; i++) {
        versions[i].alias_count = 0;
        if (is_pointed_to(list, versions[i].version) &&
            !collect_aliases(arena, list, &versions[i], err))
            return false;
    }
    return true;
}

bool gv_mlflow_decode_error(unsigned status, struct gv_slice body, struct gv_error *err)
{
    json_t *json = NULL;
    gv_mlflow_body_parse(body, &json, NULL);
    const char *word = json_string_value(json_object_get(json, "error_code"));
    const char *message = json_string_value(json_object_get(json, "message"));
    enum gv_error_code code = GV_ERROR_REFUSED;
    /* MLflow says 500 of a workspace that it does not have; asking again changes nothing. */
    bool is_disabled = word && strcmp(word, "FEATURE_DISABLED") == 0;
    if (is_disabled)
        code = GV_ERROR_REFUSED;
    else if (status == 408 || status == 429 || status >= 500)
        code = GV_ERROR_UNAVAILABLE;
    else if (word && strcmp(word, "RESOURCE_DOES_NOT_EXIST") == 0)
        code = GV_ERROR_NOT_FOUND;
    else if (status < 400)
        code = GV_ERROR_CORRUPT;
    gv_error_set(err, code, "MLflow answered %u%s%s%s%s", status, word ? " " : "", word ? word : "",
                 message ? ": " : "", message ? message : "");
    json_decref(json);
    return false;
}

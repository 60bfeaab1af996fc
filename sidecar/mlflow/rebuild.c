/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

#include "policies/engine/base/panic.h"

/*
 * The body of a rebuilt row: read by the row's vocabulary, field by field, into the call, and
 * written anew from what was understood. What is not in the vocabulary is an error that names it.
 */

struct rebuild {
    struct gv_arena *arena;
    struct gv_mlflow_call *call;
    struct gv_error *err;
    struct gv_mlflow_tag tag; /* of the fields key and value */
};

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static const char *keep(struct rebuild *rebuild, const json_t *value)
{
    const char *text = gv_arena_string(rebuild->arena, json_string_value(value));
    if (!text)
        no_memory(rebuild->err);
    return text;
}

static bool read_model(struct rebuild *rebuild, struct gv_slice name, const json_t *value,
                       json_t **ret_value)
{
    const char *text = keep(rebuild, value);
    if (!text || !gv_mlflow_check_model(gv_slice_from(text), rebuild->err))
        return false;
    if (gv_slice_is(name, "new_name"))
        rebuild->call->new_name = text;
    else
        rebuild->call->model = text;
    *ret_value = json_string(text);
    return true;
}

/* MLflow's field is a string; some clients send a number, and one that is whole says the same. */
static bool read_version(struct rebuild *rebuild, const json_t *value, json_t **ret_value)
{
    char number[24];
    const char *text = json_string_value(value);
    if (!text && json_is_integer(value)) {
        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
        text = number;
    }
    if (!text)
        return gv_error_set(rebuild->err, GV_ERROR_INVALID, "is not a string");
    if (!gv_mlflow_check_version(gv_slice_from(text), &rebuild->call->version, rebuild->err))
        return false;
    *ret_value = json_string(text);
    return true;
}

static bool read_stage(struct rebuild *rebuild, const json_t *value, json_t **ret_value)
{
    struct gv_slice text = gv_slice_from(json_string_value(value));
    rebuild->call->stage = gv_mlflow_stage(text);
    if (!rebuild->call->stage)
        return gv_error_set_quoted(rebuild->err, GV_ERROR_INVALID, text,
                                   "is no stage; it is one of None, Staging, Production, "
                                   "Archived");
    *ret_value = json_string(rebuild->call->stage);
    return true;
}

static bool read_alias(struct rebuild *rebuild, bool fresh, const json_t *value, json_t **ret_value)
{
    rebuild->call->alias = keep(rebuild, value);
    if (!rebuild->call->alias ||
        !gv_mlflow_check_alias(gv_slice_from(rebuild->call->alias), fresh, rebuild->err))
        return false;
    *ret_value = json_string(rebuild->call->alias);
    return true;
}

static bool read_key(struct rebuild *rebuild, const json_t *value, json_t **ret_value)
{
    const char *text = keep(rebuild, value);
    if (!text || !gv_mlflow_check_key(gv_slice_from(text), rebuild->err))
        return false;
    rebuild->tag.key = text;
    *ret_value = json_string(text);
    return true;
}

/* Texts that policies look at: the value of a tag and the run of a version. */
static bool read_text(struct rebuild *rebuild, struct gv_slice name, const json_t *value,
                      json_t **ret_value)
{
    const char *text = keep(rebuild, value);
    if (!text)
        return false;
    if (gv_slice_is(name, "value"))
        rebuild->tag.value = text;
    if (gv_slice_is(name, "run_id") && *text)
        rebuild->call->run_id = text;
    *ret_value = json_string(json_string_value(value));
    return true;
}

static bool read_tag(struct rebuild *rebuild, json_t *item, struct gv_mlflow_tag *tag,
                     json_t *written)
{
    const char *key = json_string_value(json_object_get(item, "key"));
    json_t *value = json_object_get(item, "value");
    size_t known = (key ? 1u : 0u) + (value ? 1u : 0u);
    if (!key || (value && !json_is_string(value)) || json_object_size(item) != known)
        return gv_error_set(rebuild->err, GV_ERROR_INVALID,
                            "holds something else than {\"key\": text, \"value\": text}");
    if (!gv_mlflow_check_key(gv_slice_from(key), rebuild->err))
        return false;
    if (json_object_get(written, key))
        return gv_error_set_quoted(rebuild->err, GV_ERROR_INVALID, gv_slice_from(key),
                                   "stands twice");
    tag->key = gv_arena_string(rebuild->arena, key);
    tag->value = gv_arena_string(rebuild->arena, value ? json_string_value(value) : "");
    if (!tag->key || !tag->value || json_object_set_new(written, key, json_string(tag->value)) != 0)
        return no_memory(rebuild->err);
    return true;
}

static json_t *write_tags(const struct gv_mlflow_tag *tags, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(
                list, json_pack("{s:s,s:s}", "key", tags[i].key, "value", tags[i].value)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static bool read_tags(struct rebuild *rebuild, const json_t *value, json_t **ret_value)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value) || count > GV_MLFLOW_TAGS_MAX)
        return gv_error_set(rebuild->err, GV_ERROR_INVALID, "is not a list of at most %d tags",
                            GV_MLFLOW_TAGS_MAX);
    struct gv_mlflow_tag *tags = gv_arena_array(rebuild->arena, count + 1, sizeof(*tags));
    json_t *written = json_object();
    bool ok = tags && written;
    if (!ok)
        no_memory(rebuild->err);
    for (size_t i = 0; ok && i < count; i++)
        ok = read_tag(rebuild, json_array_get(value, i), &tags[i], written);
    json_decref(written);
    if (!ok)
        return false;
    rebuild->call->tags = tags;
    rebuild->call->tag_count = count;
    *ret_value = write_tags(tags, count);
    return true;
}

static bool read_source(struct rebuild *rebuild, const json_t *value, json_t **ret_value)
{
    const char *text = keep(rebuild, value);
    if (!text || !gv_mlflow_source(rebuild->arena, text, rebuild->call, rebuild->err))
        return false;
    *ret_value = json_string(text);
    return true;
}

static bool read_bool(struct rebuild *rebuild, const json_t *value, json_t **ret_value)
{
    if (!json_is_boolean(value))
        return gv_error_set(rebuild->err, GV_ERROR_INVALID, "is neither true nor false");
    rebuild->call->archive_existing = json_is_true(value);
    *ret_value = json_boolean(json_is_true(value));
    return true;
}

/* Reads one value; *ret_value is new, and NULL after true only when out of memory. */
static bool read_value(struct rebuild *rebuild, const struct gv_mlflow_field *field,
                       const json_t *value, json_t **ret_value)
{
    struct gv_slice kind = field->kind;
    *ret_value = NULL;
    if (gv_slice_is(kind, "bool"))
        return read_bool(rebuild, value, ret_value);
    if (gv_slice_is(kind, "tags"))
        return read_tags(rebuild, value, ret_value);
    if (gv_slice_is(kind, "version"))
        return read_version(rebuild, value, ret_value);
    if (!json_is_string(value))
        return gv_error_set(rebuild->err, GV_ERROR_INVALID, "is not a string");
    if (gv_slice_is(kind, "model"))
        return read_model(rebuild, field->name, value, ret_value);
    if (gv_slice_is(kind, "stage"))
        return read_stage(rebuild, value, ret_value);
    if (gv_slice_is(kind, "new-alias") || gv_slice_is(kind, "alias"))
        return read_alias(rebuild, gv_slice_is(kind, "new-alias"), value, ret_value);
    if (gv_slice_is(kind, "key"))
        return read_key(rebuild, value, ret_value);
    if (gv_slice_is(kind, "source"))
        return read_source(rebuild, value, ret_value);
    gv_invariant(gv_slice_is(kind, "text"), "MLflow's route table has a field of unknown kind");
    return read_text(rebuild, field->name, value, ret_value);
}

/* Moves one field from the request to what is sent. */
static bool move_field(struct rebuild *rebuild, const struct gv_mlflow_field *field, json_t *body,
                       json_t *written)
{
    char name[64];
    gv_invariant(field->name.len < sizeof(name), "a field of MLflow's route table is too long");
    memcpy(name, field->name.ptr, field->name.len);
    name[field->name.len] = '\0';
    json_t *value = json_object_get(body, name);
    /* null is what a client sends for "not set", and MLflow reads it so. */
    if (!value || json_is_null(value)) {
        json_object_del(body, name);
        return !field->required || gv_error_set(rebuild->err, GV_ERROR_INVALID,
                                                "Missing value for required parameter '%s'", name);
    }
    json_t *fresh;
    if (!read_value(rebuild, field, value, &fresh)) {
        json_decref(fresh);
        return gv_error_prefix(rebuild->err, "%s", name);
    }
    if (!fresh || json_object_set_new(written, name, fresh) != 0)
        return no_memory(rebuild->err);
    json_object_del(body, name);
    return true;
}

/* A tag that is set without a value has the empty one, as MLflow's message says; one that is
 * deleted has none. */
static bool complete_tag(struct rebuild *rebuild, const char *fields)
{
    if (!rebuild->tag.key)
        return true;
    struct gv_mlflow_tag *tag = gv_arena_alloc(rebuild->arena, sizeof(*tag));
    if (!tag)
        return no_memory(rebuild->err);
    *tag = rebuild->tag;
    if (!tag->value && strstr(fields, "value:"))
        tag->value = "";
    rebuild->call->tags = tag;
    rebuild->call->tag_count = 1;
    return true;
}

bool gv_mlflow_rebuild(struct gv_arena *arena, const char *fields, json_t *body,
                       struct gv_mlflow_call *call, json_t **ret_body, struct gv_error *err)
{
    struct rebuild rebuild = {.arena = arena, .call = call, .err = err};
    json_t *written = json_object();
    struct gv_slice rest = gv_slice_from(fields);
    struct gv_mlflow_field field;
    bool ok = written || no_memory(err);
    while (ok && gv_mlflow_field_next(&rest, &field))
        ok = move_field(&rebuild, &field, body, written);
    if (ok && json_object_size(body) > 0) {
        const char *unknown = json_object_iter_key(json_object_iter(body));
        ok = gv_error_set_quoted(err, GV_ERROR_INVALID, gv_slice_from(unknown),
                                 "is no field of this call");
    }
    if (!ok || !complete_tag(&rebuild, fields)) {
        json_decref(written);
        return false;
    }
    *ret_body = written;
    return true;
}

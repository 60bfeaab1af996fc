/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

#include "policies/engine/base/panic.h"

/*
 * MLflow without accounts of its own believes what a body says about who did something. Behind the
 * gateway it is the token that says so: the row's person fields, and the tag mlflow.user wherever
 * it stands, get the caller's subject.
 */

#define USER_TAG "mlflow.user"

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static bool set(json_t *object, const char *key, const char *user, struct gv_error *err)
{
    return json_object_set_new(object, key, json_string(user)) == 0 || no_memory(err);
}

/* {"key": "mlflow.user", "value": …}, and "mlflow.user" as a key of a map, at any depth. The depth
 * of a body is bounded where it is parsed. */
static bool replace_tags(json_t *value, const char *user, struct gv_error *err)
{
    size_t at;
    json_t *item;
    json_array_foreach(value, at, item)
    {
        if (!replace_tags(item, user, err))
            return false;
    }
    if (!json_is_object(value))
        return true;
    const char *key = json_string_value(json_object_get(value, "key"));
    if (key && strcmp(key, USER_TAG) == 0 && !set(value, "value", user, err))
        return false;
    if (json_object_get(value, USER_TAG) && !set(value, USER_TAG, user, err))
        return false;
    const char *name;
    json_object_foreach(value, name, item)
    {
        if (!replace_tags(item, user, err))
            return false;
    }
    return true;
}

/* A list of tags that must have mlflow.user, which replace_tags has made right where it stands. */
static bool own_tags(json_t *body, const char *name, const char *user, struct gv_error *err)
{
    json_t *tags = json_object_get(body, name);
    if (!tags || json_is_null(tags)) {
        tags = json_array();
        if (json_object_set_new(body, name, tags) != 0)
            return no_memory(err);
    }
    if (!json_is_array(tags))
        return gv_error_set(err, GV_ERROR_INVALID, "%s: is not a list", name);
    size_t at;
    json_t *tag;
    json_array_foreach(tags, at, tag)
    {
        const char *key = json_string_value(json_object_get(tag, "key"));
        if (key && strcmp(key, USER_TAG) == 0)
            return true;
    }
    json_t *own = json_pack("{s:s,s:s}", "key", USER_TAG, "value", user);
    return json_array_append_new(tags, own) == 0 || no_memory(err);
}

/* Tags of datasets are a JSON object within a string. */
static bool replace_tag_text(json_t *body, const char *name, const char *user, struct gv_error *err)
{
    json_t *text = json_object_get(body, name);
    if (!json_is_string(text))
        return true;
    struct gv_slice inner_text = {json_string_value(text), json_string_length(text)};
    if (inner_text.len == 0)
        return true;
    json_t *inner;
    if (!gv_mlflow_body_parse(inner_text, &inner, err))
        return gv_error_prefix(err, "%s", name);
    bool ok = replace_tags(inner, user, err);
    char *written = ok ? json_dumps(inner, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(inner);
    if (!ok)
        return false;
    ok = written && set(body, name, written, err);
    free(written);
    return ok || no_memory(err);
}

/* The human who assesses is the caller; code and language models name themselves. */
static bool replace_assessor(json_t *body, const char *name, const char *user, struct gv_error *err)
{
    json_t *source = json_object_get(json_object_get(body, name), "source");
    json_t *snake = json_object_get(source, "source_type");
    json_t *camel = json_object_get(source, "sourceType");
    if ((snake && camel) ||
        (json_object_get(source, "source_id") && json_object_get(source, "sourceId")))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "%s: source has one field in both spellings, snake_case and camelCase",
                            name);
    json_t *type = snake ? snake : camel;
    /* A number is the enumerator's value; HUMAN is 1 (assessments.proto). */
    bool is_human = json_is_integer(type)
                        ? json_integer_value(type) == 1
                        : gv_slice_is(gv_slice_from(json_string_value(type)), "HUMAN");
    if (!is_human)
        return true;
    json_object_del(source, "sourceId");
    return set(source, "source_id", user, err);
}

static bool apply(const struct gv_mlflow_field *field, json_t *body, const char *user,
                  struct gv_error *err)
{
    char name[64];
    gv_invariant(field->name.len < sizeof(name), "a field of MLflow's route table is too long");
    memcpy(name, field->name.ptr, field->name.len);
    name[field->name.len] = '\0';
    if (gv_slice_is(field->kind, "user"))
        return (!field->required && !json_object_get(body, name)) || set(body, name, user, err);
    if (gv_slice_is(field->kind, "owner-tags"))
        return own_tags(body, name, user, err);
    if (gv_slice_is(field->kind, "tag-text"))
        return replace_tag_text(body, name, user, err);
    gv_invariant(gv_slice_is(field->kind, "assessment"),
                 "MLflow's route table has a person field of unknown kind");
    return replace_assessor(body, name, user, err);
}

bool gv_mlflow_people(const char *fields, json_t *body, const char *user, struct gv_error *err)
{
    if (!replace_tags(body, user, err))
        return false;
    struct gv_slice rest = gv_slice_from(fields);
    struct gv_mlflow_field field;
    while (gv_mlflow_field_next(&rest, &field)) {
        if (!apply(&field, body, user, err))
            return false;
    }
    return true;
}

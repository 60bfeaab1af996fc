/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

#include <ctype.h>
#include <stdlib.h>

/*
 * Where a new version comes from. `models:/NAME/VERSION` makes it a copy of that version, which is
 * how MLflow promotes between models; `models:/NAME@alias` and `models:/NAME/stage` move under
 * whoever decides; `models:/m-ID` is a logged model and no copy. MLflow reads these with urlparse
 * (store/artifact/utils/models.py), so whatever urlparse drops or lowers is refused.
 */

static bool refuse(const char *source, const char *why, struct gv_error *err)
{
    return gv_error_set_quoted(err, GV_ERROR_INVALID, gv_slice_from(source), why);
}

static bool is_digits(struct gv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return text.len > 0;
}

/* NAME/VERSION, NAME/STAGE, NAME/latest. */
static bool read_suffix(struct gv_slice name, struct gv_slice suffix, struct gv_mlflow_call *call,
                        struct gv_error *err)
{
    if (!gv_mlflow_check_model(name, err))
        return false;
    if (is_digits(suffix))
        return gv_mlflow_check_version(suffix, &call->source_version, err);
    if (gv_mlflow_stage(suffix) || gv_slice_equal_nocase(suffix, GV_SLICE("latest")))
        return true;
    return gv_error_set_quoted(err, GV_ERROR_INVALID, suffix,
                               "is neither a version nor a stage of the source's model");
}

static bool read_models_uri(struct gv_arena *arena, struct gv_slice path,
                            struct gv_mlflow_call *call, struct gv_error *err)
{
    struct gv_slice suffix = path;
    struct gv_slice name = gv_slice_split(&suffix, '/');
    bool has_suffix = name.len < path.len;
    if (!has_suffix) {
        const char *at = path.len > 0 ? memrchr(path.ptr, '@', path.len) : NULL;
        if (!at)
            return true; /* a logged model */
        name.len = (size_t)(at - path.ptr);
        suffix = (struct gv_slice){at + 1, path.len - name.len - 1};
        if (!gv_mlflow_check_model(name, err) || !gv_mlflow_check_alias(suffix, false, err))
            return false;
    } else if (!read_suffix(name, suffix, call, err)) {
        return false;
    }
    call->source_model = gv_arena_copy(arena, name);
    return call->source_model || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

/* An escape that stands for a byte which needs none, or for "%" itself: a second spelling of a
 * path, by which a search for the run or logged model in it would miss it. */
static bool has_idle_escape(struct gv_slice text)
{
    for (size_t i = 0; i + 2 < text.len; i++) {
        if (text.ptr[i] != '%')
            continue;
        char digits[3] = {text.ptr[i + 1], text.ptr[i + 2], '\0'};
        char *end;
        unsigned long c = strtoul(digits, &end, 16);
        if (end == digits + 2 &&
            (c == '%' || c == '/' || strchr("-._~", (int)c) || isalnum((int)c)))
            return true;
    }
    return false;
}

bool gv_mlflow_source(struct gv_arena *arena, const char *source, struct gv_mlflow_call *call,
                      struct gv_error *err)
{
    struct gv_slice text = gv_slice_from(source);
    if (text.len == 0)
        return gv_error_set(err, GV_ERROR_INVALID, "source is empty");
    if (gv_mlflow_has_control(text) || source[0] == ' ' || source[text.len - 1] == ' ')
        return refuse(source, "is no source: it has a control character or an outer blank", err);
    if (has_idle_escape(text))
        return refuse(source, "is no source: it percent-encodes what needs no encoding", err);
    call->source = source;
    if (strncasecmp(source, "models:", 7) != 0)
        return true;
    if (strncmp(source, "models:/", 8) != 0 || source[8] == '/' || strpbrk(source, "?#;%\\"))
        return refuse(source,
                      "is no source: write models:/NAME/VERSION, models:/NAME@ALIAS or "
                      "models:/MODEL_ID",
                      err);
    struct gv_slice path = gv_slice_from(source + 8);
    if (path.len == 0)
        return refuse(source, "names no model", err);
    return read_models_uri(arena, path, call, err);
}

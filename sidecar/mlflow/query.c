/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

/*
 * MLflow's frameworks split a query at '&' alone, decode '+' as a blank, keep empty values, and
 * take the first of several values of a single field (handlers.py, _get_request_message). What is
 * sent upstream is written anew from what was read here, so both sides have read the same.
 */

static bool decode_form(struct gv_arena *arena, struct gv_slice text, struct gv_slice *ret_text,
                        struct gv_error *err)
{
    if (text.len == 0 || !memchr(text.ptr, '+', text.len))
        return gv_mlflow_decode(arena, text, ret_text, err);
    char *blank = gv_arena_copy(arena, text);
    if (!blank)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < text.len; i++) {
        if (blank[i] == '+')
            blank[i] = ' ';
    }
    return gv_mlflow_decode(arena, (struct gv_slice){blank, text.len}, ret_text, err);
}

static size_t count_pieces(struct gv_slice text)
{
    size_t count = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '&';
    return count;
}

static bool parse_piece(struct gv_arena *arena, struct gv_slice piece,
                        struct gv_mlflow_parameter *parameter, struct gv_error *err)
{
    struct gv_slice value = piece;
    struct gv_slice name = gv_slice_split(&value, '=');
    if (name.len == piece.len)
        value = (struct gv_slice){"", 0};
    if (!decode_form(arena, name, &parameter->name, err) ||
        !decode_form(arena, value, &parameter->value, err))
        return gv_error_prefix(err, "query");
    /* Line ends are legal in filters; a NUL is legal nowhere. */
    if ((parameter->value.len > 0 && memchr(parameter->value.ptr, 0, parameter->value.len)) ||
        gv_mlflow_has_control(parameter->name))
        return gv_error_set(err, GV_ERROR_INVALID, "query has a control character");
    return true;
}

bool gv_mlflow_query_parse(struct gv_arena *arena, struct gv_slice text,
                           struct gv_mlflow_query *ret_query, struct gv_error *err)
{
    *ret_query = (struct gv_mlflow_query){0};
    size_t pieces = count_pieces(text);
    if (text.len > GV_MLFLOW_TARGET_MAX || pieces > GV_MLFLOW_QUERY_MAX)
        return gv_error_set(err, GV_ERROR_INVALID, "query has more than %d bytes or %d parameters",
                            GV_MLFLOW_TARGET_MAX, GV_MLFLOW_QUERY_MAX);
    if (pieces == 0)
        return true;
    ret_query->parameters = gv_arena_array(arena, pieces, sizeof(*ret_query->parameters));
    if (!ret_query->parameters)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    for (struct gv_slice rest = text; rest.len > 0;) {
        struct gv_slice piece = gv_slice_split(&rest, '&');
        if (piece.len == 0)
            continue;
        if (!parse_piece(arena, piece, &ret_query->parameters[ret_query->count], err))
            return false;
        ret_query->count++;
    }
    return true;
}

const char *gv_mlflow_query_write(struct gv_arena *arena, const struct gv_mlflow_query *query)
{
    const char *text = "";
    size_t size = 1;
    const char **encoded = gv_arena_array(arena, query->count * 2 + 1, sizeof(*encoded));
    if (!encoded)
        return NULL;
    for (size_t i = 0; i < query->count; i++) {
        encoded[2 * i] = gv_mlflow_encode(arena, query->parameters[i].name, "");
        encoded[2 * i + 1] = gv_mlflow_encode(arena, query->parameters[i].value, "/:,");
        if (!encoded[2 * i] || !encoded[2 * i + 1])
            return NULL;
        size += strlen(encoded[2 * i]) + strlen(encoded[2 * i + 1]) + 2;
    }
    char *written = gv_arena_alloc(arena, size);
    if (!written)
        return NULL;
    char *at = written;
    for (size_t i = 0; i < query->count; i++) {
        if (i > 0)
            *at++ = '&';
        at = stpcpy(at, encoded[2 * i]);
        *at++ = '=';
        at = stpcpy(at, encoded[2 * i + 1]);
    }
    return query->count > 0 ? written : text;
}

size_t gv_mlflow_query_find(const struct gv_mlflow_query *query, struct gv_slice name,
                            struct gv_slice *ret_first)
{
    size_t found = 0;
    for (size_t i = 0; i < query->count; i++) {
        if (!gv_slice_equal(query->parameters[i].name, name))
            continue;
        if (found == 0 && ret_first)
            *ret_first = query->parameters[i].value;
        found++;
    }
    return found;
}

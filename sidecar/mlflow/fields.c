/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

/*
 * What values look like that name a thing. Where MLflow takes several spellings of one thing
 * (" 1", "+1" and "01" are version 1, "production" is Production, an alias may be Cyrillic), one is
 * taken here and the others are refused or rewritten, so that what was decided about is what is
 * done.
 */

bool gv_mlflow_field_next(struct gv_slice *rest, struct gv_mlflow_field *ret_field)
{
    if (rest->len == 0)
        return false;
    struct gv_slice kind = gv_slice_split(rest, ' ');
    ret_field->name = gv_slice_split(&kind, ':');
    ret_field->required = kind.len > 0 && kind.ptr[kind.len - 1] == '!';
    kind.len -= ret_field->required;
    ret_field->kind = kind;
    return true;
}

static size_t count_characters(struct gv_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

/* Blanks as Python's str.strip() knows them, in UTF-8; controls are refused before. */
static bool begins_with_blank(struct gv_slice text)
{
    static const char *const blanks[] = {" ",
                                         "\xc2\xa0",
                                         "\xe1\x9a\x80",
                                         "\xe2\x80\x80",
                                         "\xe2\x80\x81",
                                         "\xe2\x80\x82",
                                         "\xe2\x80\x83",
                                         "\xe2\x80\x84",
                                         "\xe2\x80\x85",
                                         "\xe2\x80\x86",
                                         "\xe2\x80\x87",
                                         "\xe2\x80\x88",
                                         "\xe2\x80\x89",
                                         "\xe2\x80\x8a",
                                         "\xe2\x80\xa8",
                                         "\xe2\x80\xa9",
                                         "\xe2\x80\xaf",
                                         "\xe2\x81\x9f",
                                         "\xe3\x80\x80"};
    for (size_t i = 0; i < GV_COUNT_OF(blanks); i++) {
        if (gv_slice_starts(text, gv_slice_from(blanks[i])))
            return true;
    }
    return false;
}

static bool has_outer_blank(struct gv_slice text)
{
    size_t last = text.len;
    while (last > 0 && ((unsigned char)text.ptr[last - 1] & 0xc0) == 0x80)
        last--;
    last -= last > 0;
    return begins_with_blank(text) ||
           begins_with_blank((struct gv_slice){text.ptr + last, text.len - last});
}

static bool refuse(struct gv_slice text, const char *why, struct gv_error *err)
{
    return gv_error_set_quoted(err, GV_ERROR_INVALID, text, why);
}

bool gv_mlflow_check_model(struct gv_slice text, struct gv_error *err)
{
    if (text.len == 0)
        return gv_error_set(err, GV_ERROR_INVALID, "a model name is empty");
    if (!gv_slice_is_utf8(text) || gv_mlflow_has_control(text))
        return refuse(text, "is no model name: it has a control character or is not UTF-8", err);
    if (memchr(text.ptr, '/', text.len) || memchr(text.ptr, ':', text.len))
        return refuse(text, "is no model name: MLflow's names have no \"/\" and no \":\"", err);
    if (has_outer_blank(text))
        return refuse(text, "is no model name: it begins or ends with a blank", err);
    if (text.ptr[0] == '.' && (text.len == 1 || text.ptr[1] == '.'))
        return refuse(text, "is no model name: it reads like a relative path", err);
    if (count_characters(text) > GV_MLFLOW_NAME_MAX)
        return refuse(text, "is no model name: it has more than 256 characters", err);
    return true;
}

/* "latest" in any case, and v or V with digits, mean versions wherever an alias could stand. */
static bool is_reserved(struct gv_slice text)
{
    if (gv_slice_equal_nocase(text, GV_SLICE("latest")))
        return true;
    if (text.len < 2 || (text.ptr[0] != 'v' && text.ptr[0] != 'V'))
        return false;
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return true;
}

bool gv_mlflow_check_alias(struct gv_slice text, bool fresh, struct gv_error *err)
{
    if (text.len == 0 || text.len > GV_MLFLOW_NAME_MAX)
        return refuse(text, "is no alias: it has 1 to 256 characters", err);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c != '_' && c != '-')
            return refuse(text, "is no alias: use ASCII letters, digits, \"_\" and \"-\"", err);
    }
    if (fresh && is_reserved(text))
        return refuse(text, "is a reserved alias", err);
    return true;
}

bool gv_mlflow_check_version(struct gv_slice text, int64_t *ret_version, struct gv_error *err)
{
    int64_t version = 0;
    bool plain = text.len >= 1 && text.len <= 10 && text.ptr[0] != '0';
    for (size_t i = 0; plain && i < text.len; i++) {
        plain = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        version = version * 10 + (text.ptr[i] - '0');
    }
    if (!plain)
        return refuse(text, "is no version: write a plain number from 1", err);
    if (ret_version)
        *ret_version = version;
    return true;
}

bool gv_mlflow_check_key(struct gv_slice text, struct gv_error *err)
{
    if (text.len == 0 || !gv_slice_is_utf8(text) || gv_mlflow_has_control(text) ||
        has_outer_blank(text) || count_characters(text) > GV_MLFLOW_TAG_KEY_MAX)
        return refuse(text,
                      "is no tag key: it has 1 to 250 characters, no control characters, and no "
                      "blank at its ends",
                      err);
    return true;
}

const char *gv_mlflow_stage(struct gv_slice text)
{
    static const char *const stages[] = {"None", "Staging", "Production", "Archived"};
    for (size_t i = 0; i < GV_COUNT_OF(stages); i++) {
        if (gv_slice_equal_nocase(text, gv_slice_from(stages[i])))
            return stages[i];
    }
    return NULL;
}

bool gv_mlflow_check_workspace(struct gv_slice text, struct gv_error *err)
{
    bool plain = text.len >= 1 && text.len <= GV_MLFLOW_WORKSPACE_MAX;
    for (size_t i = 0; plain && i < text.len; i++) {
        char c = text.ptr[i];
        bool inner = i > 0 && i + 1 < text.len;
        plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && inner);
    }
    return plain || refuse(text,
                           "is no workspace: use up to 63 lower-case ASCII letters, digits and "
                           "inner \"-\"",
                           err);
}

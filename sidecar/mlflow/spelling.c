/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

static const char HEX[] = "0123456789ABCDEF";

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that an escape at `at` stands for, or -1. */
static int escape_at(struct gv_slice text, size_t at)
{
    if (text.ptr[at] != '%' || text.len - at < 3)
        return -1;
    int high = hex_digit(text.ptr[at + 1]);
    int low = hex_digit(text.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Decodes every well-formed escape and leaves the others, as Python's unquote does. Returns how
 * many were decoded; *ret_left gets how many were not. */
static size_t unquote(struct gv_slice text, char *to, size_t *ret_len, size_t *ret_left)
{
    size_t decoded = 0;
    size_t length = 0;
    *ret_left = 0;
    for (size_t i = 0; i < text.len; i++) {
        int byte = escape_at(text, i);
        if (byte < 0) {
            *ret_left += text.ptr[i] == '%';
            to[length++] = text.ptr[i];
            continue;
        }
        to[length++] = (char)byte;
        decoded++;
        i += 2;
    }
    *ret_len = length;
    return decoded;
}

bool gv_mlflow_decode(struct gv_arena *arena, struct gv_slice text, struct gv_slice *ret_text,
                      struct gv_error *err)
{
    *ret_text = text;
    if (text.len == 0 || !memchr(text.ptr, '%', text.len))
        return true;
    char *decoded = gv_arena_alloc(arena, text.len + 1);
    if (!decoded)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    size_t length;
    size_t left;
    unquote(text, decoded, &length, &left);
    if (left > 0)
        return gv_error_set(err, GV_ERROR_INVALID, "malformed percent-encoding");
    *ret_text = (struct gv_slice){decoded, length};
    if (!gv_slice_is_utf8(*ret_text))
        return gv_error_set(err, GV_ERROR_INVALID, "percent-encoding that is not UTF-8");
    return true;
}

/* RFC 3986 §2.3. */
static const bool UNRESERVED[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true,
    ['.'] = true,         ['_'] = true,         ['~'] = true,
};

static bool is_kept(char c, const char *keep)
{
    /* strchr finds the NUL at the end of `keep`. */
    return UNRESERVED[(unsigned char)c] || (c != '\0' && strchr(keep, c));
}

const char *gv_mlflow_encode(struct gv_arena *arena, struct gv_slice text, const char *keep)
{
    size_t size = 1;
    for (size_t i = 0; i < text.len; i++)
        size += is_kept(text.ptr[i], keep) ? 1 : 3;
    char *encoded = gv_arena_alloc(arena, size);
    if (!encoded)
        return NULL;
    char *at = encoded;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_kept(text.ptr[i], keep)) {
            *at++ = text.ptr[i];
            continue;
        }
        *at++ = '%';
        *at++ = HEX[c >> 4];
        *at++ = HEX[c & 15];
    }
    *at = '\0';
    return encoded;
}

bool gv_mlflow_has_control(struct gv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return true;
        /* U+0080 to U+009F are C2 80 to C2 9F. */
        if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0)
            return true;
    }
    return false;
}

/* Decodes until nothing changes. */
static bool decode_wholly(struct gv_arena *arena, struct gv_slice *text, struct gv_error *err)
{
    for (unsigned round = 0; round < GV_MLFLOW_DECODE_ROUNDS; round++) {
        if (text->len == 0 || !memchr(text->ptr, '%', text->len))
            return true;
        char *decoded = gv_arena_alloc(arena, text->len + 1);
        if (!decoded)
            return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        size_t length;
        size_t left;
        if (unquote(*text, decoded, &length, &left) == 0)
            return true;
        *text = (struct gv_slice){decoded, length};
    }
    return gv_error_set(err, GV_ERROR_INVALID, "artifact path is percent-encoded too many times");
}

static bool check_artifact_segments(struct gv_slice path, struct gv_error *err)
{
    for (struct gv_slice rest = path; rest.len > 0;) {
        struct gv_slice segment = gv_slice_split(&rest, '/');
        if (segment.len == 0 || gv_slice_is(segment, ".") || gv_slice_is(segment, ".."))
            return gv_error_set(err, GV_ERROR_INVALID,
                                "artifact path has an empty, \".\" or \"..\" segment");
    }
    if (path.ptr[path.len - 1] == '/')
        return gv_error_set(err, GV_ERROR_INVALID, "artifact path ends with \"/\"");
    return true;
}

bool gv_mlflow_artifact_path(struct gv_arena *arena, struct gv_slice text,
                             struct gv_slice *ret_path, struct gv_error *err)
{
    struct gv_slice path = text;
    if (!decode_wholly(arena, &path, err))
        return false;
    if (path.len == 0)
        return gv_error_set(err, GV_ERROR_INVALID, "artifact path is empty");
    if (!gv_slice_is_utf8(path) || gv_mlflow_has_control(path))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "artifact path has a control character or is not UTF-8");
    if (memchr(path.ptr, '\\', path.len) || memchr(path.ptr, '#', path.len) ||
        memchr(path.ptr, '?', path.len))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "artifact path has \"\\\", \"#\" or \"?\", which MLflow reads in "
                            "another way");
    /* MLflow passes the path through Python's urlparse and urlunparse, which take off a leading
     * blank and an empty parameter at the end, and lower the case of a scheme. */
    struct gv_slice rest = path;
    struct gv_slice first = gv_slice_split(&rest, '/');
    if (path.ptr[0] == ' ' || path.ptr[path.len - 1] == ';' ||
        (first.len > 0 && memchr(first.ptr, ':', first.len)))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "artifact path begins with a blank or a scheme, or ends with \";\"");
    *ret_path = path;
    return check_artifact_segments(path, err);
}

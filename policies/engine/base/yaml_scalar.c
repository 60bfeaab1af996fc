/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/yaml_scalar.h"
#include "policies/engine/base/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct word {
    const char *text;
    enum gv_yaml_type type;
    bool boolean;
    double number;
};

static const struct word words[] = {
    {"", GV_YAML_NULL, false, 0},
    {"~", GV_YAML_NULL, false, 0},
    {"null", GV_YAML_NULL, false, 0},
    {"Null", GV_YAML_NULL, false, 0},
    {"NULL", GV_YAML_NULL, false, 0},
    {"true", GV_YAML_BOOL, true, 0},
    {"True", GV_YAML_BOOL, true, 0},
    {"TRUE", GV_YAML_BOOL, true, 0},
    {"false", GV_YAML_BOOL, false, 0},
    {"False", GV_YAML_BOOL, false, 0},
    {"FALSE", GV_YAML_BOOL, false, 0},
    {".inf", GV_YAML_DOUBLE, false, INFINITY},
    {".Inf", GV_YAML_DOUBLE, false, INFINITY},
    {".INF", GV_YAML_DOUBLE, false, INFINITY},
    {"+.inf", GV_YAML_DOUBLE, false, INFINITY},
    {"+.Inf", GV_YAML_DOUBLE, false, INFINITY},
    {"+.INF", GV_YAML_DOUBLE, false, INFINITY},
    {"-.inf", GV_YAML_DOUBLE, false, -INFINITY},
    {"-.Inf", GV_YAML_DOUBLE, false, -INFINITY},
    {"-.INF", GV_YAML_DOUBLE, false, -INFINITY},
    {".nan", GV_YAML_DOUBLE, false, NAN},
    {".NaN", GV_YAML_DOUBLE, false, NAN},
    {".NAN", GV_YAML_DOUBLE, false, NAN},
};

static bool resolve_word(struct gv_yaml *node)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!gv_slice_is(node->text, words[i].text)) {
            continue;
        }
        node->type = words[i].type;
        if (words[i].type == GV_YAML_BOOL) {
            node->as.boolean = words[i].boolean;
        } else if (words[i].type == GV_YAML_DOUBLE) {
            node->as.number = words[i].number;
        }
        return true;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at)
{
    while (is_digit(*at)) {
        at++;
    }
    return at;
}

static const char *skip_sign(const char *at)
{
    return *at == '+' || *at == '-' ? at + 1 : at;
}

/* [-+]? [0-9]+ */
static bool is_decimal_int(struct gv_slice text)
{
    const char *digits = skip_sign(text.ptr);
    const char *end = skip_digits(digits);
    return end > digits && end == text.ptr + text.len;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(struct gv_slice text)
{
    const char *start = skip_sign(text.ptr);
    const char *at = skip_digits(start);
    bool has_digits = at > start;
    if (*at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction);
        has_digits = has_digits || at > fraction;
    }
    if (!has_digits) {
        return false;
    }
    if (*at == 'e' || *at == 'E') {
        const char *exponent = skip_sign(at + 1);
        at = skip_digits(exponent);
        if (at == exponent) {
            return false;
        }
    }
    return at == text.ptr + text.len;
}

/* 8 for 0o17, 16 for 0x1F, 0 for anything else. */
static int radix_of(struct gv_slice text)
{
    if (text.len < 3 || text.ptr[0] != '0') {
        return 0;
    }
    const char *digits = text.ptr[1] == 'o'   ? "01234567"
                         : text.ptr[1] == 'x' ? "0123456789abcdefABCDEF"
                                              : "";
    if (strspn(text.ptr + 2, digits) != text.len - 2) {
        return 0;
    }
    return text.ptr[1] == 'o' ? 8 : 16;
}

static bool refuse_range(struct gv_yaml *node, const char *why, struct gv_error *err)
{
    return gv_error_set_quoted(err, GV_ERROR_RANGE, node->text, why);
}

static bool resolve_int(struct gv_yaml *node, int radix, struct gv_error *err)
{
    node->type = GV_YAML_INT;
    bool fits;
    if (radix == 0) {
        fits = gv_number_int(node->text, &node->as.integer);
    } else {
        errno = 0;
        node->as.integer = strtoll(node->text.ptr + 2, NULL, radix);
        fits = errno == 0;
    }
    return fits || refuse_range(node,
                                "does not fit into 64 bits; write a smaller number, or quote it "
                                "if it is a text",
                                err);
}

bool gv_yaml_resolve(struct gv_yaml *node, struct gv_error *err)
{
    if (resolve_word(node)) {
        return true;
    }
    int radix = radix_of(node->text);
    if (radix != 0 || is_decimal_int(node->text)) {
        return resolve_int(node, radix, err);
    }
    if (!is_float(node->text)) {
        node->type = GV_YAML_STRING;
        return true;
    }
    node->type = GV_YAML_DOUBLE;
    return gv_number_double(node->text, &node->as.number) ||
           refuse_range(node,
                        "is too large for a number; write .inf if you mean infinity, or quote it "
                        "if it is a text",
                        err);
}

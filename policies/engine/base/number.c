/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/number.h"
#include "policies/engine/base/panic.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    gv_invariant(c_locale, "the C library has no locale \"C\"");
}

bool gv_number_double(struct gv_slice text, double *ret_double)
{
    pthread_once(&c_locale_once, make_c_locale);
    char *end = NULL;
    double value = strtod_l(text.ptr, &end, c_locale);
    if (end != text.ptr + text.len || !isfinite(value)) {
        return false;
    }
    *ret_double = value;
    return true;
}

/* A decimal number taken apart: 0.<digits> × 10^point, without zeros at either end. */
struct decimal {
    bool negative;
    const char *digits; /* may have a decimal point among them */
    const char *end;
    int64_t point;
};

/* An exponent beyond this decides the matter whatever the digits are: no text is as long. */
#define GV_NUMBER_EXPONENT_BOUND ((int64_t)1 << 60)

static int64_t read_exponent(const char *at, const char *end)
{
    bool negative = false;
    int64_t value = 0;
    if (at < end && (*at == '+' || *at == '-')) {
        negative = *at++ == '-';
    }
    for (; at < end && value < GV_NUMBER_EXPONENT_BOUND / 10; at++) {
        value = value * 10 + (*at - '0');
    }
    return negative ? -value : value;
}

static struct decimal take_apart(struct gv_slice text)
{
    const char *at = text.ptr;
    const char *end = text.ptr + text.len;
    struct decimal number = {0};
    if (at < end && (*at == '-' || *at == '+')) {
        number.negative = *at++ == '-';
    }
    const char *stop = at;
    const char *point = NULL;
    for (; stop < end && *stop != 'e' && *stop != 'E'; stop++) {
        point = *stop == '.' ? stop : point;
    }
    int64_t exponent = stop < end ? read_exponent(stop + 1, end) : 0;
    point = point ? point : stop;
    while (at < stop && (*at == '0' || *at == '.')) {
        at++;
    }
    while (stop > at && (stop[-1] == '0' || stop[-1] == '.')) {
        stop--;
    }
    number.digits = at;
    number.end = stop;
    /* Behind the point, the point itself is not counted among the zeros that it stands before. */
    number.point = (at <= point ? point - at : point - at + 1) + exponent;
    return number;
}

bool gv_number_int(struct gv_slice text, int64_t *ret_int)
{
    struct decimal number = take_apart(text);
    uint64_t size = 0;
    int64_t left = number.point;
    if (number.digits == number.end) {
        *ret_int = 0;
        return true;
    }
    /* 2^63 has 19 digits. */
    if (left < 1 || left > 19) {
        return false;
    }
    for (const char *at = number.digits; at < number.end; at++) {
        if (*at == '.') {
            continue;
        }
        if (left-- == 0) {
            return false;
        }
        size = size * 10 + (uint64_t)(*at - '0');
    }
    for (; left > 0; left--) {
        size *= 10;
    }
    /* 19 digits fit into 64 bits without a sign. */
    if (size > (uint64_t)INT64_MAX + (number.negative ? 1 : 0)) {
        return false;
    }
    *ret_int = number.negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/time.h"

#include <stdio.h>

struct unit {
    const char *name;
    int64_t nanoseconds;
};

#define GV_NANOSECONDS_OF(duration) ((duration)*1000)

/* A longer name stands before the shorter one that it begins with. The micro sign exists twice in
 * Unicode; Go reads both. */
static const struct unit units[] = {
    {"ns", 1},
    {"us", GV_NANOSECONDS_OF(GV_MICROSECOND)},
    {"\xC2\xB5s", GV_NANOSECONDS_OF(GV_MICROSECOND)},
    {"\xCE\xBCs", GV_NANOSECONDS_OF(GV_MICROSECOND)},
    {"ms", GV_NANOSECONDS_OF(GV_MILLISECOND)},
    {"s", GV_NANOSECONDS_OF(GV_SECOND)},
    {"m", GV_NANOSECONDS_OF(GV_MINUTE)},
    {"h", GV_NANOSECONDS_OF(GV_HOUR)},
    {"d", GV_NANOSECONDS_OF(GV_DAY)},
    {"w", GV_NANOSECONDS_OF(GV_WEEK)},
};

/* A number with a fraction; the fraction is numerator / scale. */
struct amount {
    int64_t whole;
    int64_t numerator;
    int64_t scale;
    bool overflows;
};

/* Digits of a fraction that are looked at: below, even a week's are less than a nanosecond. */
#define GV_DURATION_FRACTION_SCALE 1000000000000000

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip(struct gv_slice *rest, size_t count)
{
    *rest = (struct gv_slice){rest->ptr + count, rest->len - count};
}

static size_t take_whole(struct gv_slice *rest, struct amount *amount)
{
    size_t taken = 0;
    for (; taken < rest->len && is_digit(rest->ptr[taken]); taken++) {
        amount->overflows |= __builtin_mul_overflow(amount->whole, (int64_t)10, &amount->whole);
        amount->overflows |=
            __builtin_add_overflow(amount->whole, rest->ptr[taken] - '0', &amount->whole);
    }
    skip(rest, taken);
    return taken;
}

static size_t take_fraction(struct gv_slice *rest, struct amount *amount)
{
    size_t taken = 0;
    for (; taken < rest->len && is_digit(rest->ptr[taken]); taken++) {
        if (amount->scale < GV_DURATION_FRACTION_SCALE) {
            amount->numerator = amount->numerator * 10 + (rest->ptr[taken] - '0');
            amount->scale *= 10;
        }
    }
    skip(rest, taken);
    return taken;
}

/* "1", "1.5", "1." and ".5", as Go does; false without any digit. */
static bool take_amount(struct gv_slice *rest, struct amount *amount)
{
    *amount = (struct amount){.scale = 1};
    size_t digits = take_whole(rest, amount);
    if (rest->len > 0 && rest->ptr[0] == '.') {
        skip(rest, 1);
        digits += take_fraction(rest, amount);
    }
    return digits > 0;
}

static const struct unit *take_unit(struct gv_slice *rest)
{
    const struct unit *longest = NULL;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (gv_slice_starts(*rest, gv_slice_from(units[i].name)) &&
            (!longest || strlen(units[i].name) > strlen(longest->name))) {
            longest = &units[i];
        }
    }
    if (longest) {
        skip(rest, strlen(longest->name));
    }
    return longest;
}

/* Adds amount × unit to *total, in nanoseconds. 128 bits hold any sum of int64 microseconds. */
static bool add(__int128 *total, const struct amount *amount, const struct unit *unit)
{
    if (amount->overflows) {
        return false;
    }
    *total += (__int128)amount->whole * unit->nanoseconds;
    *total += (__int128)amount->numerator * unit->nanoseconds / amount->scale;
    return *total / 1000 <= INT64_MAX;
}

bool gv_duration_parse(struct gv_slice text, gv_duration *ret_duration, struct gv_error *err)
{
    struct gv_slice rest = text;
    __int128 total = 0;
    do {
        struct amount amount;
        const struct unit *unit = take_amount(&rest, &amount) ? take_unit(&rest) : NULL;
        if (!unit) {
            return gv_error_set_quoted(
                err, GV_ERROR_SYNTAX, text,
                "is not a duration; write numbers with units (w, d, h, m, s, ms, us), "
                "like 30d, 1h30m or 250ms");
        }
        if (!add(&total, &amount, unit)) {
            return gv_error_set_quoted(err, GV_ERROR_RANGE, text, "is too long a duration");
        }
    } while (rest.len > 0);
    *ret_duration = (gv_duration)(total / 1000);
    return true;
}

const char *gv_duration_print(gv_duration duration, char buf[GV_TIME_SIZE])
{
    static const struct {
        const char *name;
        uint64_t size;
    } steps[] = {
        {"d", GV_DAY},    {"h", GV_HOUR},         {"m", GV_MINUTE},
        {"s", GV_SECOND}, {"ms", GV_MILLISECOND}, {"us", GV_MICROSECOND},
    };
    const size_t count = sizeof(steps) / sizeof(steps[0]);
    const char *sign = duration < 0 ? "-" : "";
    uint64_t rest = duration < 0 ? 0 - (uint64_t)duration : (uint64_t)duration;
    size_t at = 0;
    if (rest == 0) {
        snprintf(buf, GV_TIME_SIZE, "0s");
        return buf;
    }
    while (rest < steps[at].size) {
        at++;
    }
    unsigned long long first = rest / steps[at].size;
    /* At most 999 milliseconds of a second. */
    uint16_t second = 0;
    if (at + 1 < count) {
        second = (uint16_t)(rest % steps[at].size / steps[at + 1].size);
    }
    if (second > 0) {
        snprintf(buf, GV_TIME_SIZE, "%s%llu%s %u%s", sign, first, steps[at].name, second,
                 steps[at + 1].name);
    } else {
        snprintf(buf, GV_TIME_SIZE, "%s%llu%s", sign, first, steps[at].name);
    }
    return buf;
}

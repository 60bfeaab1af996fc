/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/time.h"

/* The proleptic Gregorian calendar repeats every 400 years. */
#define GV_TIME_DAYS_OF_ERA 146097
/* Days from 0000-03-01 to 1970-01-01. */
#define GV_TIME_EPOCH_DAY 719468
/* 9999-12-31T23:59:59.999999Z. */
#define GV_TIME_LATEST ((gv_time)253402300799999999)

struct civil {
    int64_t year;
    unsigned month; /* 1 to 12 */
    unsigned day;   /* 1 to 31 */
};

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/*
 * Both directions count years from the first of March, so that the leap day is a year's last, and
 * a month's first day is (153 m + 2) / 5 days into that year.
 */
static int64_t days_of(struct civil date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = floor_divide(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * GV_TIME_DAYS_OF_ERA + day_of_era - GV_TIME_EPOCH_DAY;
}

static struct civil civil_of(int64_t days)
{
    int64_t shifted = days + GV_TIME_EPOCH_DAY;
    int64_t era = floor_divide(shifted, GV_TIME_DAYS_OF_ERA);
    int64_t day_of_era = shifted - era * GV_TIME_DAYS_OF_ERA;
    int64_t leap_days = day_of_era / 1460 - day_of_era / 36524 + day_of_era / 146096;
    int64_t year_of_era = (day_of_era - leap_days) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct civil date = {
        .year = year_of_era + era * 400 + (month >= 10 ? 1 : 0),
        .month = (unsigned)(month < 10 ? month + 3 : month - 9),
        .day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1),
    };
    return date;
}

static unsigned days_in_month(int64_t year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/* Writes the last `digits` decimal digits of `value` and returns what lies behind them. */
static char *put(char *to, uint64_t value, size_t digits)
{
    for (size_t i = digits; i > 0; i--) {
        to[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return to + digits;
}

static char *put_year(char *to, int64_t year)
{
    uint64_t size = (uint64_t)(year < 0 ? -year : year);
    if (year < 0) {
        *to++ = '-';
    }
    return put(to, size, size > 9999 ? 6 : 4);
}

static const char *print(gv_time time, bool micros, char buf[GV_TIME_SIZE])
{
    struct civil date = civil_of(floor_divide(time, GV_DAY));
    /* From the remainder, because days * GV_DAY overflows for the earliest instants. */
    int64_t rest = time % GV_DAY;
    uint64_t of_day = (uint64_t)(rest < 0 ? rest + GV_DAY : rest);
    uint64_t fraction = of_day % GV_SECOND;
    char *at = put_year(buf, date.year);
    *at++ = '-';
    at = put(at, date.month, 2);
    *at++ = '-';
    at = put(at, date.day, 2);
    *at++ = 'T';
    at = put(at, of_day / GV_HOUR, 2);
    *at++ = ':';
    at = put(at, of_day / GV_MINUTE % 60, 2);
    *at++ = ':';
    at = put(at, of_day / GV_SECOND % 60, 2);
    if (micros || fraction != 0) {
        *at++ = '.';
        at = put(at, fraction, 6);
    }
    *at++ = 'Z';
    *at = '\0';
    return buf;
}

const char *gv_time_print(gv_time time, char buf[GV_TIME_SIZE])
{
    return print(time, false, buf);
}

const char *gv_time_print_micros(gv_time time, char buf[GV_TIME_SIZE])
{
    return print(time, true, buf);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes exactly `count` digits off *rest. */
static bool take_number(struct gv_slice *rest, size_t count, unsigned *ret)
{
    unsigned value = 0;
    if (rest->len < count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(rest->ptr[i])) {
            return false;
        }
        value = value * 10 + (unsigned)(rest->ptr[i] - '0');
    }
    *rest = (struct gv_slice){rest->ptr + count, rest->len - count};
    *ret = value;
    return true;
}

/* Takes one of the characters of `any` off *rest; NUL when there is none. */
static char take_one_of(struct gv_slice *rest, const char *any)
{
    if (rest->len == 0 || rest->ptr[0] == '\0' || !strchr(any, rest->ptr[0])) {
        return '\0';
    }
    char taken = rest->ptr[0];
    *rest = (struct gv_slice){rest->ptr + 1, rest->len - 1};
    return taken;
}

/* Takes digits after a point as a count of `unit`s, at most microseconds; what lies below is cut.
 * False when there is no digit. */
static bool take_fraction(struct gv_slice *rest, int64_t unit, int64_t *ret)
{
    int64_t value = 0;
    size_t taken = 0;
    for (; taken < rest->len && is_digit(rest->ptr[taken]); taken++) {
        unit /= 10;
        value += unit * (rest->ptr[taken] - '0');
    }
    *rest = (struct gv_slice){rest->ptr + taken, rest->len - taken};
    *ret = value;
    return taken > 0;
}

struct clock_time {
    unsigned hour;
    unsigned minute;
    unsigned second;
    int64_t fraction;
};

/* "2026-02-08" */
static bool take_date(struct gv_slice *rest, struct civil *date)
{
    unsigned year;
    if (!take_number(rest, 4, &year) || !take_one_of(rest, "-") ||
        !take_number(rest, 2, &date->month) || !take_one_of(rest, "-") ||
        !take_number(rest, 2, &date->day)) {
        return false;
    }
    date->year = year;
    return true;
}

/* "10:00:00.25" */
static bool take_clock(struct gv_slice *rest, struct clock_time *clock)
{
    if (!take_number(rest, 2, &clock->hour) || !take_one_of(rest, ":") ||
        !take_number(rest, 2, &clock->minute) || !take_one_of(rest, ":") ||
        !take_number(rest, 2, &clock->second)) {
        return false;
    }
    return !take_one_of(rest, ".") || take_fraction(rest, GV_SECOND, &clock->fraction);
}

/* "Z" or "+01:00", as what is to be added to UTC. */
static bool take_offset(struct gv_slice *rest, gv_duration *offset)
{
    unsigned hours;
    unsigned minutes;
    char sign = take_one_of(rest, "Zz+-");
    if (sign == 'Z' || sign == 'z') {
        *offset = 0;
        return true;
    }
    if (!sign || !take_number(rest, 2, &hours) || !take_one_of(rest, ":") ||
        !take_number(rest, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *offset = (sign == '-' ? -1 : 1) * (hours * GV_HOUR + minutes * GV_MINUTE);
    return true;
}

static bool check_fields(struct civil date, struct clock_time clock, struct gv_slice text,
                         struct gv_error *err)
{
    if (date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_in_month(date.year, date.month)) {
        return gv_error_set_quoted(err, GV_ERROR_RANGE, text, "is not a day of the calendar");
    }
    if (clock.second == 60) {
        return gv_error_set_quoted(
            err, GV_ERROR_RANGE, text,
            "is a leap second, which is not supported; write the second before or "
            "after it");
    }
    if (clock.hour > 23 || clock.minute > 59 || clock.second > 59) {
        return gv_error_set_quoted(
            err, GV_ERROR_RANGE, text,
            "is not a time of day; hours go to 23, minutes and seconds to 59");
    }
    return true;
}

bool gv_time_parse(struct gv_slice text, gv_time *ret_time, struct gv_error *err)
{
    struct gv_slice rest = text;
    struct civil date = {0};
    struct clock_time clock = {0};
    gv_duration offset = 0;
    if (!take_date(&rest, &date) || !take_one_of(&rest, "Tt") || !take_clock(&rest, &clock) ||
        !take_offset(&rest, &offset) || rest.len > 0) {
        return gv_error_set_quoted(err, GV_ERROR_SYNTAX, text,
                                   "is not an RFC 3339 time; write it like 2026-02-08T10:00:00Z or "
                                   "2026-02-08T11:00:00+01:00");
    }
    if (!check_fields(date, clock, text, err)) {
        return false;
    }
    gv_time time = days_of(date) * GV_DAY + clock.hour * GV_HOUR + clock.minute * GV_MINUTE +
                   clock.second * GV_SECOND + clock.fraction - offset;
    if (time < 0 || time > GV_TIME_LATEST) {
        return gv_error_set_quoted(err, GV_ERROR_RANGE, text,
                                   "lies outside the years 1970 to 9999 (in UTC)");
    }
    *ret_time = time;
    return true;
}

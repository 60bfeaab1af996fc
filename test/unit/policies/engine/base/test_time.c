/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

static void prints_rfc_3339_in_utc(void **state)
{
    (void)state;
    static const struct {
        gv_time time;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {1770544800 * GV_SECOND, "2026-02-08T10:00:00Z"},
        {951782400 * GV_SECOND, "2000-02-29T00:00:00Z"},
        {4107542400 * GV_SECOND, "2100-03-01T00:00:00Z"},
        {253402300799999999, "9999-12-31T23:59:59.999999Z"},
        {INT64_MAX, "294247-01-10T04:00:54.775807Z"},
        {INT64_MIN, "-290308-12-21T19:59:05.224192Z"},
    };
    char buf[GV_TIME_SIZE];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(gv_time_print(cases[i].time, buf), cases[i].text);
    }
    assert_string_equal(gv_time_print_micros(0, buf), "1970-01-01T00:00:00.000000Z");
}

/* glibc's gmtime_r is the oracle, for a time of each day of 130 years. */
static void agrees_with_the_c_library(void **state)
{
    (void)state;
    char buf[GV_TIME_SIZE];
    char expected[64];
    for (int64_t day = -20000; day < 47482; day++) {
        time_t seconds = (time_t)(day * 86400 + (day * 7919 % 86400 + 86400) % 86400);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
        assert_string_equal(gv_time_print(seconds * GV_SECOND, buf), expected);
        gv_time back;
        if (seconds >= 0) {
            assert_true(gv_time_parse(gv_slice_from(expected), &back, NULL));
            assert_int_equal(back, seconds * GV_SECOND);
        }
    }
}

static void reads_any_offset(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gv_time time;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1969-12-31T23:59:00-00:01", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"2026-02-08T11:30:00+01:30", 1770544800 * GV_SECOND},
        {"2026-02-07T23:00:00-11:00", 1770544800 * GV_SECOND},
        {"1970-01-01T00:00:00.5Z", 500000},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.0000019999999999999999999Z", 1},
        {"2024-02-29T00:00:00Z", 1709164800 * GV_SECOND},
        {"9999-12-31T23:59:59.999999Z", 253402300799999999},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gv_time time = -1;
        assert_true(gv_time_parse(gv_slice_from(cases[i].text), &time, NULL));
        assert_int_equal(time, cases[i].time);
    }
}

static void refuses_what_is_no_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum gv_error_code code;
        const char *says;
    } cases[] = {
        {"", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08T10:00:00", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08 10:00:00Z", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-2-8T10:00:00Z", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08T10:00Z", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08T10:00:00.Z", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08T10:00:00+0100", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08T10:00:00+24:00", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08T10:00:00Z ", GV_ERROR_SYNTAX, "RFC 3339"},
        {"+026-02-08T10:00:00Z", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-02-08T10:00:00,5Z", GV_ERROR_SYNTAX, "RFC 3339"},
        {"2026-00-08T10:00:00Z", GV_ERROR_RANGE, "calendar"},
        {"2026-13-08T10:00:00Z", GV_ERROR_RANGE, "calendar"},
        {"2026-02-29T10:00:00Z", GV_ERROR_RANGE, "calendar"},
        {"2100-02-29T10:00:00Z", GV_ERROR_RANGE, "calendar"},
        {"2026-04-31T10:00:00Z", GV_ERROR_RANGE, "calendar"},
        {"2026-04-00T10:00:00Z", GV_ERROR_RANGE, "calendar"},
        {"2026-02-08T24:00:00Z", GV_ERROR_RANGE, "time of day"},
        {"2026-02-08T23:60:00Z", GV_ERROR_RANGE, "time of day"},
        {"2026-02-08T23:59:61Z", GV_ERROR_RANGE, "time of day"},
        {"2016-12-31T23:59:60Z", GV_ERROR_RANGE, "leap second"},
        {"1969-12-31T23:59:59Z", GV_ERROR_RANGE, "1970"},
        {"1970-01-01T00:00:00+00:01", GV_ERROR_RANGE, "1970"},
        {"9999-12-31T23:59:59-00:01", GV_ERROR_RANGE, "9999"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gv_time time = 42;
        struct gv_error err = GV_ERROR_INIT;
        assert_false(gv_time_parse(gv_slice_from(cases[i].text), &time, &err));
        assert_int_equal(time, 42);
        assert_int_equal(err.code, cases[i].code);
        assert_non_null(strstr(err.message, cases[i].says));
    }
}

static void reads_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gv_duration duration;
    } cases[] = {
        {"0s", 0},
        {"1h30m", 90 * GV_MINUTE},
        {"250ms", 250 * GV_MILLISECOND},
        {"30d", 30 * GV_DAY},
        {"1w", GV_WEEK},
        {"1w2d3h4m5s6ms7us", GV_WEEK + 2 * GV_DAY + 3 * GV_HOUR + 4 * GV_MINUTE + 5 * GV_SECOND +
                                 6 * GV_MILLISECOND + 7},
        {"7\xC2\xB5s", 7},
        {"7\xCE\xBCs", 7},
        {"1.5h", 90 * GV_MINUTE},
        {".5s", 500 * GV_MILLISECOND},
        {"1.s", GV_SECOND},
        {"1m1m", 2 * GV_MINUTE},
        {"999ns", 0},
        {"500ns500ns", 1},
        {"0.33333333333333333333333333d", 28799999999},
        {"106751991d", 106751991 * GV_DAY},
        {"9223372036854775807us", INT64_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gv_duration duration = -1;
        assert_true(gv_duration_parse(gv_slice_from(cases[i].text), &duration, NULL));
        assert_int_equal(duration, cases[i].duration);
    }
}

static void refuses_what_is_no_duration(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum gv_error_code code;
    } cases[] = {
        {"", GV_ERROR_SYNTAX},
        {"0", GV_ERROR_SYNTAX},
        {"5", GV_ERROR_SYNTAX},
        {"h", GV_ERROR_SYNTAX},
        {".s", GV_ERROR_SYNTAX},
        {"-1h", GV_ERROR_SYNTAX},
        {"+1h", GV_ERROR_SYNTAX},
        {"1h ", GV_ERROR_SYNTAX},
        {"1 h", GV_ERROR_SYNTAX},
        {"1h30", GV_ERROR_SYNTAX},
        {"1y", GV_ERROR_SYNTAX},
        {"1H", GV_ERROR_SYNTAX},
        {"1e3s", GV_ERROR_SYNTAX},
        {"106751992d", GV_ERROR_RANGE},
        {"9223372036854775808us", GV_ERROR_RANGE},
        {"9223372036854775807us1us", GV_ERROR_RANGE},
        {"99999999999999999999999999999999999999999999ns", GV_ERROR_RANGE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gv_duration duration = 42;
        struct gv_error err = GV_ERROR_INIT;
        assert_false(gv_duration_parse(gv_slice_from(cases[i].text), &duration, &err));
        assert_int_equal(duration, 42);
        assert_int_equal(err.code, cases[i].code);
    }
}

static void says_durations_as_people_do(void **state)
{
    (void)state;
    static const struct {
        gv_duration duration;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {45 * GV_SECOND, "45s"},
        {2 * GV_DAY + 3 * GV_HOUR + 59 * GV_MINUTE, "2d 3h"},
        {GV_DAY + 5 * GV_MINUTE, "1d"},
        {GV_WEEK, "7d"},
        {1500 * GV_MILLISECOND, "1s 500ms"},
        {1, "1us"},
        {-90 * GV_MINUTE, "-1h 30m"},
        {INT64_MAX, "106751991d 4h"},
        {INT64_MIN, "-106751991d 4h"},
    };
    char buf[GV_TIME_SIZE];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(gv_duration_print(cases[i].duration, buf), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_rfc_3339_in_utc),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(reads_any_offset),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(reads_durations),
        cmocka_unit_test(refuses_what_is_no_duration),
        cmocka_unit_test(says_durations_as_people_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

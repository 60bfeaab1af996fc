/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/telemetry/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct gv_text out;

static const char *print(void)
{
    gv_text_clear(&out);
    gv_metrics_print(&out);
    assert_true(gv_text_ok(&out));
    return gv_text_cstr(&out);
}

/* The value behind "NAME " at the start of a line. */
static double sample(const char *name)
{
    char start[128];
    snprintf(start, sizeof(start), "\n%s ", name);
    const char *at = strstr(print(), start);
    assert_non_null(at);
    return strtod(at + strlen(start), NULL);
}

static void series_without_labels_exist_at_zero(void **state)
{
    (void)state;
    assert_non_null(strstr(print(), "# HELP mlflow_runs_total Runs created through the gateway\n"
                                    "# TYPE mlflow_runs_total counter\n"
                                    "mlflow_runs_total 0\n"));
    assert_non_null(strstr(print(), "mlflow_api_latency_seconds_count 0\n"));
}

static void counts_by_label(void **state)
{
    (void)state;
    gv_metric_add(GV_METRIC_HTTP_REQUESTS, 2, "api", "2xx");
    gv_metric_add(GV_METRIC_HTTP_REQUESTS, 1, "api", "4xx");
    gv_metric_add(GV_METRIC_HTTP_REQUESTS, 1, "api", "2xx");
    assert_true(gv_metric_get(GV_METRIC_HTTP_REQUESTS, "api", "2xx") == 3);
    assert_true(gv_metric_get(GV_METRIC_HTTP_REQUESTS, "api", "5xx") == 0);
    assert_non_null(
        strstr(print(), "gavel_http_requests_total{listener=\"api\",code=\"2xx\"} 3\n"));
}

static void escapes_label_values(void **state)
{
    (void)state;
    gv_metric_add(GV_METRIC_DECISIONS, 1, "a\"b\\c\nd", "allow");
    assert_non_null(
        strstr(print(), "gavel_decisions_total{action=\"a\\\"b\\\\c\\nd\",effect=\"allow\"} 1\n"));
}

static void a_gauge_can_be_set_and_cleared(void **state)
{
    (void)state;
    gv_metric_set(GV_METRIC_POLICY_INFO, 1, "abc");
    gv_metric_clear(GV_METRIC_POLICY_INFO);
    gv_metric_set(GV_METRIC_POLICY_INFO, 1, "def");
    assert_null(strstr(print(), "digest=\"abc\""));
    assert_non_null(strstr(print(), "gavel_policy_info{digest=\"def\"} 1\n"));
    gv_metric_set(GV_METRIC_APPROVALS_PENDING, 2.5);
    assert_true(sample("gavel_approvals_pending") > 2.4);
}

static void observes_into_cumulative_buckets(void **state)
{
    (void)state;
    const double seconds[] = {0.0005, 0.0006, 0.3, 60};
    for (size_t i = 0; i < 4; i++) {
        gv_metric_observe(GV_METRIC_STORE_COMMIT_SECONDS, seconds[i]);
    }
    assert_true(sample("gavel_store_commit_seconds_bucket{le=\"0.0005\"}") == 1);
    assert_true(sample("gavel_store_commit_seconds_bucket{le=\"0.001\"}") == 2);
    assert_true(sample("gavel_store_commit_seconds_bucket{le=\"0.25\"}") == 2);
    assert_true(sample("gavel_store_commit_seconds_bucket{le=\"0.5\"}") == 3);
    assert_true(sample("gavel_store_commit_seconds_bucket{le=\"10\"}") == 3);
    assert_true(sample("gavel_store_commit_seconds_bucket{le=\"+Inf\"}") == 4);
    assert_true(sample("gavel_store_commit_seconds_count") == 4);
    assert_true(sample("gavel_store_commit_seconds_sum") > 60.3);
}

static void counts_label_values_beyond_the_limit_as_other(void **state)
{
    (void)state;
    char value[32];
    for (unsigned i = 0; i < GV_METRIC_SERIES_MAX + 10; i++) {
        snprintf(value, sizeof(value), "reason-%u", i);
        gv_metric_add(GV_METRIC_AUTH_FAILURES, 1, value);
    }
    snprintf(value, sizeof(value), "reason-%u", GV_METRIC_SERIES_MAX - 1);
    assert_true(gv_metric_get(GV_METRIC_AUTH_FAILURES, value) == 1);
    snprintf(value, sizeof(value), "reason-%u", GV_METRIC_SERIES_MAX);
    assert_true(gv_metric_get(GV_METRIC_AUTH_FAILURES, value) == 0);
    assert_true(gv_metric_get(GV_METRIC_AUTH_FAILURES, "other") == 10);
}

static void cuts_long_label_values_at_a_character(void **state)
{
    (void)state;
    char value[200];
    memset(value, 'x', sizeof(value));
    memcpy(value + 62, "ö and more", 12); /* the cut after 63 bytes falls into the ö */
    gv_metric_add(GV_METRIC_AUDIT_EVENTS, 1, value);
    gv_metric_add(GV_METRIC_AUDIT_EVENTS, 1, value);
    assert_true(gv_metric_get(GV_METRIC_AUDIT_EVENTS, value) == 2);
    value[62] = '\0';
    assert_true(gv_metric_get(GV_METRIC_AUDIT_EVENTS, value) == 2);
    print();
    assert_true(gv_slice_is_utf8(gv_text_slice(&out)));
}

static void tells_about_its_process(void **state)
{
    (void)state;
    assert_true(sample("process_resident_memory_bytes") > 100e3);
    assert_true(sample("process_virtual_memory_bytes") > 100e3);
    assert_true(sample("process_cpu_seconds_total") >= 0);
    assert_true(sample("process_open_fds") >= 3 && sample("process_open_fds") < 100);
    assert_true(sample("process_max_fds") > 10);
    double age = (double)time(NULL) - sample("process_start_time_seconds");
    assert_true(age > -5 && age < 60);
}

/* Each family once, HELP before TYPE, every line ended, no blank ones: what a scraper demands. */
static void prints_what_a_scraper_reads(void **state)
{
    (void)state;
    char *copy = strdup(print());
    char *rest = NULL;
    char help[128] = "";
    assert_int_equal(copy[strlen(copy) - 1], '\n');
    assert_null(strstr(copy, "\n\n"));
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char name[128];
        char kind[32];
        if (sscanf(line, "# HELP %127s", name) == 1) {
            strcpy(help, name);
        } else if (sscanf(line, "# TYPE %127s %31s", name, kind) == 2) {
            assert_string_equal(name, help);
        } else {
            assert_int_equal(strncmp(line, help, strlen(help)), 0);
            assert_non_null(strrchr(line, ' '));
        }
    }
    free(copy);
}

static void *count_many(void *ctx)
{
    for (int i = 0; i < 10000; i++) {
        gv_metric_add(GV_METRIC_RUNS, 1);
        gv_metric_add(GV_METRIC_PROMOTIONS, 1, ctx);
    }
    return NULL;
}

static void loses_no_count_between_threads(void **state)
{
    (void)state;
    static char status[2][16] = {"pending", "approved"};
    pthread_t threads[4];
    double before = gv_metric_get(GV_METRIC_RUNS);
    for (size_t i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, count_many, status[i % 2]);
    }
    for (size_t i = 0; i < 4; i++) {
        print();
        pthread_join(threads[i], NULL);
    }
    assert_true(gv_metric_get(GV_METRIC_RUNS) - before == 40000);
    assert_true(gv_metric_get(GV_METRIC_PROMOTIONS, "pending") == 20000);
}

static int tear_down(void **state)
{
    (void)state;
    gv_text_free(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_without_labels_exist_at_zero),
        cmocka_unit_test(counts_by_label),
        cmocka_unit_test(escapes_label_values),
        cmocka_unit_test(a_gauge_can_be_set_and_cleared),
        cmocka_unit_test(observes_into_cumulative_buckets),
        cmocka_unit_test(counts_label_values_beyond_the_limit_as_other),
        cmocka_unit_test(cuts_long_label_values_at_a_character),
        cmocka_unit_test(tells_about_its_process),
        cmocka_unit_test(prints_what_a_scraper_reads),
        cmocka_unit_test(loses_no_count_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}

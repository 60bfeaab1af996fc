/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/telemetry/metrics.h"

#include "policies/engine/base/panic.h"
#include "sidecar/telemetry/limits.h"
#include "sidecar/telemetry/process.h"
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };

/* Upper bounds in seconds: from half a millisecond, below which nothing that is on a network can
 * be, to the ten seconds after which clients have gone. */
static const double bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                0.1,    0.25,  0.5,    1,     2.5,  5,     10};
#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

struct series {
    char labels[GV_METRIC_LABELS_MAX][GV_METRIC_LABEL_SIZE];
    double value; /* of a histogram: the sum */
    uint64_t count;
    uint64_t *buckets; /* of a histogram: BOUNDS of them, not cumulative */
};

struct family {
    enum kind kind;
    const char *name;
    const char *labels; /* names, separated by commas */
    const char *help;
    pthread_mutex_t lock;
    struct series *series[GV_METRIC_SERIES_MAX + 1]; /* the last place is for "other" */
    unsigned count;
};

static struct family families[GV_METRIC_COUNT] = {
#define GV_METRIC(name, kind, text, labels, help) \
    {kind, text, labels, help, PTHREAD_MUTEX_INITIALIZER, {0}, 0},
#include "sidecar/telemetry/metrics.def"
#undef GV_METRIC
};

static unsigned label_count(const struct family *family)
{
    unsigned count = family->labels[0] != '\0';
    for (const char *at = family->labels; *at; at++) {
        count += *at == ',';
    }
    gv_invariant(count <= GV_METRIC_LABELS_MAX, "a metric has more labels than there is room for");
    return count;
}

/* The values of one call's labels, cut to what a series keeps. */
struct key {
    struct gv_slice values[GV_METRIC_LABELS_MAX];
};

/* A cut in the middle of a character would make the whole exposition invalid UTF-8. */
static struct gv_slice cut(const char *value)
{
    struct gv_slice text = {value, value ? strnlen(value, GV_METRIC_LABEL_SIZE - 1) : 0};
    text.len = gv_slice_utf8_prefix(text);
    return text;
}

static struct key take_key(const struct family *family, va_list args)
{
    struct key key = {0};
    unsigned count = label_count(family);
    for (unsigned i = 0; i < count; i++) {
        key.values[i] = cut(va_arg(args, const char *));
    }
    return key;
}

static bool has_key(const struct series *series, const struct key *key)
{
    for (unsigned i = 0; i < GV_METRIC_LABELS_MAX; i++) {
        if (!gv_slice_is(key->values[i], series->labels[i])) {
            return false;
        }
    }
    return true;
}

static struct series *find(const struct family *family, const struct key *key)
{
    for (unsigned i = 0; i < family->count; i++) {
        if (has_key(family->series[i], key)) {
            return family->series[i];
        }
    }
    return NULL;
}

static struct series *add(struct family *family, const struct key *key)
{
    size_t buckets = family->kind == HISTOGRAM ? BOUNDS * sizeof(uint64_t) : 0;
    struct series *series = calloc(1, sizeof(*series) + buckets);
    if (!series) {
        return NULL;
    }
    series->buckets = buckets > 0 ? (uint64_t *)(series + 1) : NULL;
    for (unsigned i = 0; i < GV_METRIC_LABELS_MAX; i++) {
        if (key->values[i].len > 0) {
            memcpy(series->labels[i], key->values[i].ptr, key->values[i].len);
        }
    }
    family->series[family->count++] = series;
    return series;
}

/* The series to count in; NULL only when out of memory, and then the count is lost. */
static struct series *get(struct family *family, const struct key *key)
{
    struct series *series = find(family, key);
    if (series) {
        return series;
    }
    if (family->count < GV_METRIC_SERIES_MAX) {
        return add(family, key);
    }
    struct key other = {0};
    for (unsigned i = 0; i < label_count(family); i++) {
        other.values[i] = GV_SLICE("other");
    }
    series = find(family, &other);
    return series || family->count > GV_METRIC_SERIES_MAX ? series : add(family, &other);
}

static struct family *lock(enum gv_metric metric)
{
    struct family *family = &families[metric];
    pthread_mutex_lock(&family->lock);
    return family;
}

static void unlock(struct family *family)
{
    pthread_mutex_unlock(&family->lock);
}

void gv_metric_add(enum gv_metric metric, int64_t delta, ...)
{
    va_list args;
    struct family *family = lock(metric);
    va_start(args, delta);
    struct key key = take_key(family, args);
    struct series *series = get(family, &key);
    va_end(args);
    if (series) {
        series->value += (double)delta;
    }
    unlock(family);
}

void gv_metric_set(enum gv_metric metric, double value, ...)
{
    va_list args;
    struct family *family = lock(metric);
    va_start(args, value);
    struct key key = take_key(family, args);
    struct series *series = get(family, &key);
    va_end(args);
    if (series) {
        series->value = value;
    }
    unlock(family);
}

void gv_metric_clear(enum gv_metric metric)
{
    struct family *family = lock(metric);
    for (unsigned i = 0; i < family->count; i++) {
        free(family->series[i]);
        family->series[i] = NULL;
    }
    family->count = 0;
    unlock(family);
}

void gv_metric_observe(enum gv_metric metric, double seconds, ...)
{
    va_list args;
    struct family *family = lock(metric);
    gv_invariant(family->kind == HISTOGRAM, "an observation for a metric that is no histogram");
    va_start(args, seconds);
    struct key key = take_key(family, args);
    struct series *series = get(family, &key);
    va_end(args);
    for (size_t i = 0; series && i < BOUNDS; i++) {
        if (seconds <= bounds[i]) {
            series->buckets[i]++;
            break;
        }
    }
    if (series) {
        series->count++;
        series->value += seconds;
    }
    unlock(family);
}

double gv_metric_get(enum gv_metric metric, ...)
{
    va_list args;
    struct family *family = lock(metric);
    va_start(args, metric);
    struct key key = take_key(family, args);
    struct series *series = find(family, &key);
    va_end(args);
    double value = series ? series->value : 0;
    unlock(family);
    return value;
}

/* --- the text format --- */

/* Label values escape backslash, quote and newline (exposition format 0.0.4). */
static void print_escaped(struct gv_text *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n') {
            gv_text_string(out, "\\n");
            continue;
        }
        if (*value == '\\' || *value == '"') {
            gv_text_char(out, '\\');
        }
        gv_text_char(out, *value);
    }
}

/* {a="1",b="2",le="0.5"}; `le` may be NULL. Nothing when there is no label at all. */
static void print_labels(struct gv_text *out, const struct family *family,
                         const struct series *series, const char *le)
{
    struct gv_slice names = gv_slice_from(family->labels);
    const char *before = "{";
    for (unsigned i = 0; names.len > 0; i++) {
        struct gv_slice name = gv_slice_split(&names, ',');
        gv_text_string(out, before);
        gv_text_append(out, name);
        gv_text_string(out, "=\"");
        print_escaped(out, series->labels[i]);
        gv_text_char(out, '"');
        before = ",";
    }
    if (le) {
        gv_text_format(out, "%sle=\"%s\"", before, le);
        before = ",";
    }
    if (before[0] == ',') {
        gv_text_char(out, '}');
    }
}

static void print_value(struct gv_text *out, double value)
{
    if (isinf(value)) {
        gv_text_string(out, value > 0 ? " +Inf\n" : " -Inf\n");
    } else if (isnan(value)) {
        gv_text_string(out, " NaN\n");
    } else {
        gv_text_format(out, " %.15g\n", value);
    }
}

static void print_sample(struct gv_text *out, const struct family *family, const char *suffix,
                         const struct series *series, const char *le, double value)
{
    gv_text_string(out, family->name);
    gv_text_string(out, suffix);
    print_labels(out, family, series, le);
    print_value(out, value);
}

static void print_histogram(struct gv_text *out, const struct family *family,
                            const struct series *series)
{
    uint64_t below = 0;
    for (size_t i = 0; i < BOUNDS; i++) {
        char le[32];
        below += series->buckets[i];
        snprintf(le, sizeof(le), "%g", bounds[i]);
        print_sample(out, family, "_bucket", series, le, (double)below);
    }
    print_sample(out, family, "_bucket", series, "+Inf", (double)series->count);
    print_sample(out, family, "_sum", series, NULL, series->value);
    print_sample(out, family, "_count", series, NULL, (double)series->count);
}

static void print_family(struct gv_text *out, struct family *family)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    static const struct key none;
    gv_text_format(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
                   kinds[family->kind]);
    if (family->count == 0 && family->labels[0] == '\0') {
        add(family, &none);
    }
    for (unsigned i = 0; i < family->count; i++) {
        if (family->kind == HISTOGRAM) {
            print_histogram(out, family, family->series[i]);
        } else {
            print_sample(out, family, "", family->series[i], NULL, family->series[i]->value);
        }
    }
}

void gv_metrics_print(struct gv_text *out)
{
    for (unsigned i = 0; i < GV_METRIC_COUNT; i++) {
        struct family *family = lock((enum gv_metric)i);
        print_family(out, family);
        unlock(family);
    }
    gv_process_print(out);
}

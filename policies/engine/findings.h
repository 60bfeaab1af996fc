/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_FINDINGS_H
#define GV_ENGINE_FINDINGS_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/text.h"

/*
 * What is wrong, doubtful or notable in a policy set, each at its place. A load collects as many
 * findings as it can, so that an editor mends them in one go. One thread at a time.
 */

enum gv_severity { GV_SEVERITY_ERROR, GV_SEVERITY_WARNING, GV_SEVERITY_INFO };

/* "error", "warning", "info"; static. */
const char *gv_severity_word(enum gv_severity severity);

struct gv_finding {
    enum gv_severity severity;
    const char *slug; /* stable, static: "unknown-role" */
    char *message;    /* what is wrong and the way out */
    char *file;
    unsigned line;   /* from 1 */
    unsigned column; /* from 1, in bytes */
    unsigned length; /* bytes to underline, at least 1 */
};

/* Findings kept at most; later ones are counted only. Stops a hostile file from filling memory. */
#define GV_FINDINGS_MAX 1000

struct gv_findings {
    struct gv_finding *items;
    size_t count;
    size_t capacity;
    size_t errors; /* counted, also beyond the maximum */
    size_t warnings;
    size_t infos;
};

#define GV_FINDINGS_INIT ((struct gv_findings){0})

/* Frees all and makes it empty. */
void gv_findings_free(struct gv_findings *findings);

/* Adds a finding. `findings` may be NULL. Out of memory drops the text but counts. */
void gv_findings_add(struct gv_findings *findings, enum gv_severity severity, const char *slug,
                     const char *file, unsigned line, unsigned column, unsigned length,
                     const char *format, ...) __attribute__((format(printf, 8, 9)));

/* Sorts by file, line, column. */
void gv_findings_sort(struct gv_findings *findings);

/*
 * Appends a finding as a compiler would print it: "file:line:column: error: message [slug]". With
 * `source` (the text of the file), the line and a caret follow. `colour` adds terminal colours.
 */
void gv_finding_print(const struct gv_finding *finding, struct gv_slice source, bool colour,
                      struct gv_text *out);

#endif

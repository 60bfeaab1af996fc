/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_LOAD_H
#define GV_ENGINE_LOAD_H

#include "policies/engine/base/yaml.h"
#include "policies/engine/language.h"
#include "policies/engine/set.h"

/*
 * What the passes of a load share. Private to this folder.
 *
 * A pass reports what it finds and goes on with the rest, so that one load tells everything. Out of
 * memory is remembered in the loader and ends it after the pass.
 */

struct gv_document {
    enum gv_kind kind;
    const char *file; /* lives as long as the set */
    const char *name; /* metadata.name, in the set's arena; "" when it has none */
    const struct gv_yaml *root;
    const struct gv_yaml *spec; /* a mapping, or NULL */
};

struct gv_loader {
    const struct gv_policy_source *sources;
    size_t source_count;
    struct gv_set *set;       /* being built */
    struct gv_arena *scratch; /* trees and what is needed during the load only */
    struct gv_findings *findings;
    struct gv_error first; /* the first error that was reported */
    size_t errors;
    bool out_of_memory;
    bool unread; /* some document was not understood, so nothing is known to be missing */
    struct gv_document *documents;
    size_t document_count;
    size_t document_capacity;
    const struct gv_document *raci; /* NULL: none was read, so roles cannot be judged */
};

/* Lint findings. */
enum gv_lint {
#define GV_LINT(name, slug, severity, meaning) GV_LINT_##name,
#include "policies/engine/lint.def"
#undef GV_LINT
    GV_LINT_COUNT
};

/* Reports an error at a node; its slug is the code's. Returns false. */
bool gv_load_error(struct gv_loader *loader, enum gv_error_code code, const char *file,
                   const struct gv_yaml *node, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Reports *err, whose place is that of `node` unless it has one. Returns false. */
bool gv_load_failure(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                     const struct gv_error *err);

/* Reports a lint finding at a place, underlining `length` bytes. */
void gv_load_lint(struct gv_loader *loader, enum gv_lint lint, const struct gv_place *place,
                  size_t length, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Reports that `what` ("role") named at a scalar is not among the candidates, with the nearest of
 * them or all when they are few. Returns false.
 */
bool gv_load_unknown(struct gv_loader *loader, enum gv_error_code code, const char *file,
                     const struct gv_yaml *node, const char *what, const char *const *candidates,
                     size_t count);

/* `count` zeroed elements in the set's arena; at least one, so that NULL always means that memory
 * ran out, which the loader then knows. */
void *gv_load_array(struct gv_loader *loader, size_t count, size_t size);

/* A copy in the set's arena; NULL like gv_load_array. */
const char *gv_load_copy(struct gv_loader *loader, struct gv_slice text);

/* At most GV_SHOWN_MAX bytes of a text, for messages; cut where a character ends. */
struct gv_slice gv_load_shown(struct gv_slice text);

struct gv_place gv_load_place(const char *file, const struct gv_yaml *node);

/* The passes, in order. Each has its file. */
void gv_pass_read(struct gv_loader *loader);      /* documents.c: texts to documents */
void gv_pass_shape(struct gv_loader *loader);     /* documents.c: keys and types */
void gv_pass_raci(struct gv_loader *loader);      /* raci.c */
void gv_pass_promotion(struct gv_loader *loader); /* promotion_policy.c */
void gv_pass_access(struct gv_loader *loader);    /* access_policy.c */
void gv_pass_lint(struct gv_loader *loader);      /* lint.c; needs a set without errors */
void gv_pass_index(struct gv_loader *loader);     /* index.c; likewise */
void gv_pass_digest(struct gv_loader *loader);    /* digest.c */

#endif

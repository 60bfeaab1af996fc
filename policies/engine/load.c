/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/load.h"

#include "policies/engine/base/similar.h"
#include "policies/engine/base/text.h"
#include "policies/engine/limits.h"
#include "policies/engine/set_private.h"
#include <stdio.h>

/* Bytes that trees and temporary tables of one load may take; a node of a tree takes some 100. */
#define SCRATCH_BYTES_MAX (256u << 20)

struct pass {
    const char *name; /* for debuggers and readers */
    void (*run)(struct gv_loader *loader);
    bool needs_clean; /* runs only when nothing before found an error */
};

static const struct pass PASSES[] = {
    {"read", gv_pass_read, false},     {"shape", gv_pass_shape, false},
    {"raci", gv_pass_raci, false},     {"promotion", gv_pass_promotion, false},
    {"access", gv_pass_access, false}, {"lint", gv_pass_lint, true},
    {"index", gv_pass_index, true},    {"digest", gv_pass_digest, true},
};

struct lint_row {
    const char *slug;
    enum gv_severity severity;
};

static const struct lint_row LINTS[] = {
#define GV_LINT(name, slug, severity, meaning) {slug, GV_SEVERITY_##severity},
#include "policies/engine/lint.def"
#undef GV_LINT
};

static unsigned underline(const struct gv_yaml *node)
{
    bool scalar = node && node->type != GV_YAML_MAPPING && node->type != GV_YAML_SEQUENCE;
    if (!scalar || node->text.len == 0)
        return 1;
    return node->text.len < GV_TEXT_MAX ? (unsigned)node->text.len : GV_TEXT_MAX;
}

/* Counts an error and keeps the first, which is what the caller of gv_set_load is told. */
static bool report_error(struct gv_loader *loader, const struct gv_error *err, unsigned length)
{
    if (loader->errors++ == 0)
        loader->first = *err;
    gv_findings_add(loader->findings, GV_SEVERITY_ERROR, gv_error_slug(err->code), err->file,
                    err->line, err->column, length, "%s", err->message);
    return false;
}

static void place_error(struct gv_error *err, const char *file, const struct gv_yaml *node)
{
    if (err->line == 0)
        gv_error_at(err, file, node ? node->line : 1, node ? node->column : 1);
}

bool gv_load_error(struct gv_loader *loader, enum gv_error_code code, const char *file,
                   const struct gv_yaml *node, const char *format, ...)
{
    char message[GV_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct gv_error err = GV_ERROR_INIT;
    gv_error_set(&err, code, "%s", message);
    place_error(&err, file, node);
    return report_error(loader, &err, underline(node));
}

bool gv_load_failure(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                     const struct gv_error *err)
{
    struct gv_error placed = *err;
    place_error(&placed, file, node);
    if (err->code == GV_ERROR_MEMORY)
        loader->out_of_memory = true;
    return report_error(loader, &placed, underline(node));
}

void gv_load_lint(struct gv_loader *loader, enum gv_lint lint, const struct gv_place *place,
                  size_t length, const char *format, ...)
{
    char message[GV_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    const struct lint_row *row = &LINTS[lint];
    gv_findings_add(loader->findings, row->severity, row->slug, place->file, place->line,
                    place->column, (unsigned)length, "%s", message);
    if (row->severity != GV_SEVERITY_ERROR || loader->errors++ > 0)
        return;
    gv_error_set(&loader->first, GV_ERROR_INVALID, "%s", message);
    gv_error_at(&loader->first, place->file, place->line, place->column);
}

static void append_known(struct gv_text *text, const char *const *candidates, size_t count)
{
    gv_text_string(text, "; known: ");
    for (size_t i = 0; i < count && i < GV_SHOWN_NAMES; i++) {
        gv_text_string(text, i ? ", " : "");
        gv_text_string(text, candidates[i]);
    }
    gv_text_string(text, count > GV_SHOWN_NAMES ? ", …" : "");
}

bool gv_load_unknown(struct gv_loader *loader, enum gv_error_code code, const char *file,
                     const struct gv_yaml *node, const char *what, const char *const *candidates,
                     size_t count)
{
    struct gv_text hint = GV_TEXT_INIT;
    const char *near = gv_similar(node->text, candidates, count);
    if (near)
        gv_text_format(&hint, ", did you mean \"%s\"?", near);
    else if (count > 0)
        append_known(&hint, candidates, count);
    gv_load_error(loader, code, file, node, "unknown %s \"%.*s\"%s", what,
                  GV_SLICE_ARG(gv_load_shown(node->text)), gv_text_cstr(&hint));
    gv_text_free(&hint);
    return false;
}

void *gv_load_array(struct gv_loader *loader, size_t count, size_t size)
{
    void *array = gv_arena_array(loader->set->arena, count ? count : 1, size);
    if (!array)
        loader->out_of_memory = true;
    return array;
}

const char *gv_load_copy(struct gv_loader *loader, struct gv_slice text)
{
    const char *copy = gv_arena_copy(loader->set->arena, text);
    if (!copy)
        loader->out_of_memory = true;
    return copy;
}

struct gv_slice gv_load_shown(struct gv_slice text)
{
    if (text.len <= GV_SHOWN_MAX)
        return text;
    text.len = GV_SHOWN_MAX;
    while (text.len > 0 && ((unsigned char)text.ptr[text.len] & 0xc0) == 0x80)
        text.len--;
    return text;
}

struct gv_place gv_load_place(const char *file, const struct gv_yaml *node)
{
    return (struct gv_place){file, node->line, node->column};
}

static bool run_passes(struct gv_loader *loader)
{
    for (size_t i = 0; i < sizeof(PASSES) / sizeof(PASSES[0]); i++) {
        if (PASSES[i].needs_clean && loader->errors > 0)
            continue;
        PASSES[i].run(loader);
        if (loader->out_of_memory)
            return false;
    }
    return loader->errors == 0;
}

static struct gv_set *refuse(struct gv_loader *loader, struct gv_error *err)
{
    gv_set_unref(loader->set);
    gv_arena_free(loader->scratch);
    if (loader->out_of_memory)
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory while loading the policies");
    else if (err)
        *err = loader->first;
    return NULL;
}

struct gv_set *gv_set_load(const struct gv_policy_source *sources, size_t count,
                           const struct gv_set_options *options, struct gv_findings *findings,
                           struct gv_error *err)
{
    struct gv_loader loader = {
        .sources = sources,
        .source_count = count,
        .findings = findings,
        .first = GV_ERROR_INIT,
        .set = gv_set_new(options ? options->profile : GV_PROFILE_MEDIUM),
        .scratch = gv_arena_new(SCRATCH_BYTES_MAX),
    };
    loader.out_of_memory = !loader.set || !loader.scratch;
    bool loaded = !loader.out_of_memory && run_passes(&loader);
    if (findings)
        gv_findings_sort(findings);
    if (!loaded)
        return refuse(&loader, err);
    gv_arena_free(loader.scratch);
    return loader.set;
}

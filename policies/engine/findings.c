/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLOUR_BOLD "\033[1m"
#define COLOUR_RED "\033[1;31m"
#define COLOUR_YELLOW "\033[1;33m"
#define COLOUR_CYAN "\033[1;36m"
#define COLOUR_GREEN "\033[1;32m"
#define COLOUR_RESET "\033[0m"

/* Longest source line shown; a generated file may have one line of megabytes. */
#define SHOWN_LINE_MAX 400

struct severity_row {
    const char *word;
    const char *colour;
};

static const struct severity_row SEVERITIES[] = {
    [GV_SEVERITY_ERROR] = {"error", COLOUR_RED},
    [GV_SEVERITY_WARNING] = {"warning", COLOUR_YELLOW},
    [GV_SEVERITY_INFO] = {"info", COLOUR_CYAN},
};

const char *gv_severity_word(enum gv_severity severity)
{
    return SEVERITIES[severity].word;
}

void gv_findings_free(struct gv_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].message);
        free(findings->items[i].file);
    }
    free(findings->items);
    *findings = GV_FINDINGS_INIT;
}

static void count_severity(struct gv_findings *findings, enum gv_severity severity)
{
    if (severity == GV_SEVERITY_ERROR)
        findings->errors++;
    else if (severity == GV_SEVERITY_WARNING)
        findings->warnings++;
    else
        findings->infos++;
}

static struct gv_finding *next_item(struct gv_findings *findings)
{
    if (findings->count >= GV_FINDINGS_MAX)
        return NULL;
    if (findings->count == findings->capacity) {
        size_t capacity = findings->capacity ? 2 * findings->capacity : 16;
        struct gv_finding *items = realloc(findings->items, capacity * sizeof(struct gv_finding));
        if (!items)
            return NULL;
        findings->items = items;
        findings->capacity = capacity;
    }
    return &findings->items[findings->count];
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* A policy can hold "\e[2J" in quotes; what it names is printed on terminals. */
static void defuse(char *text)
{
    for (; *text; text++) {
        if (is_control(*text))
            *text = '?';
    }
}

void gv_findings_add(struct gv_findings *findings, enum gv_severity severity, const char *slug,
                     const char *file, unsigned line, unsigned column, unsigned length,
                     const char *format, ...)
{
    if (!findings)
        return;
    count_severity(findings, severity);
    struct gv_finding *item = next_item(findings);
    if (!item)
        return;
    char *message = NULL;
    va_list args;
    va_start(args, format);
    int written = vasprintf(&message, format, args);
    va_end(args);
    char *name = strdup(file);
    if (written < 0 || !name) {
        if (written >= 0)
            free(message);
        free(name);
        return;
    }
    defuse(message);
    item->severity = severity;
    item->slug = slug;
    item->message = message;
    item->file = name;
    item->line = line;
    item->column = column;
    item->length = length ? length : 1;
    findings->count++;
}

static int compare_numbers(unsigned a, unsigned b)
{
    return (a > b) - (a < b);
}

static int compare_findings(const void *left, const void *right)
{
    const struct gv_finding *a = left;
    const struct gv_finding *b = right;
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = compare_numbers(a->line, b->line);
    if (order == 0)
        order = compare_numbers(a->column, b->column);
    if (order == 0)
        order = strcmp(a->message, b->message);
    return order;
}

void gv_findings_sort(struct gv_findings *findings)
{
    if (findings->count > 1)
        qsort(findings->items, findings->count, sizeof(struct gv_finding), compare_findings);
}

/* The text of a line, without its end; false when the source has no such line. */
static bool find_line(struct gv_slice source, unsigned number, struct gv_slice *ret_line)
{
    if (!source.ptr)
        return false;
    struct gv_slice line = gv_slice_split(&source, '\n');
    for (unsigned at = 1; at < number; at++) {
        if (source.len == 0)
            return false;
        line = gv_slice_split(&source, '\n');
    }
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    *ret_line = line;
    return true;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Blanks as wide as the text before the column: a tab for a tab, nothing for the further bytes of
 * a character. */
static void print_padding(struct gv_slice before, struct gv_text *out)
{
    for (size_t i = 0; i < before.len; i++) {
        if (before.ptr[i] == '\t')
            gv_text_char(out, '\t');
        else if (!is_continuation(before.ptr[i]))
            gv_text_char(out, ' ');
    }
}

static void print_underline(struct gv_slice marked, struct gv_text *out)
{
    gv_text_char(out, '^');
    for (size_t i = 1; i < marked.len; i++) {
        if (!is_continuation(marked.ptr[i]))
            gv_text_char(out, '~');
    }
}

static void print_source_line(struct gv_slice line, struct gv_text *out)
{
    gv_text_string(out, "    ");
    for (size_t i = 0; i < line.len; i++) {
        bool hide = is_control(line.ptr[i]) && line.ptr[i] != '\t';
        gv_text_char(out, hide ? '?' : line.ptr[i]);
    }
    gv_text_char(out, '\n');
}

static void print_excerpt(const struct gv_finding *finding, struct gv_slice line, bool colour,
                          struct gv_text *out)
{
    size_t start = finding->column ? finding->column - 1 : 0;
    if (start > line.len)
        start = line.len;
    struct gv_slice marked = {line.ptr + start, line.len - start};
    size_t length = finding->length;
    /* The length is that of the value; its quotes stand in the source only. */
    if (marked.len > 0 && (marked.ptr[0] == '"' || marked.ptr[0] == '\''))
        length += 2;
    if (marked.len > length)
        marked.len = length;
    print_source_line(line, out);
    gv_text_string(out, "    ");
    print_padding((struct gv_slice){line.ptr, start}, out);
    gv_text_string(out, colour ? COLOUR_GREEN : "");
    print_underline(marked, out);
    gv_text_string(out, colour ? COLOUR_RESET : "");
    gv_text_char(out, '\n');
}

void gv_finding_print(const struct gv_finding *finding, struct gv_slice source, bool colour,
                      struct gv_text *out)
{
    const struct severity_row *severity = &SEVERITIES[finding->severity];
    gv_text_format(out, "%s%s:%u:%u: %s%s:%s %s [%s]\n", colour ? COLOUR_BOLD : "", finding->file,
                   finding->line, finding->column, colour ? severity->colour : "", severity->word,
                   colour ? COLOUR_RESET : "", finding->message, finding->slug);
    struct gv_slice line;
    if (find_line(source, finding->line, &line) && line.len <= SHOWN_LINE_MAX)
        print_excerpt(finding, line, colour, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/cli/common.h"
#include "sidecar/files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_text(const struct gv_findings *findings, const struct gv_policy_files *files)
{
    bool colour = isatty(STDOUT_FILENO) != 0;
    for (size_t i = 0; i < findings->count; i++) {
        struct gv_text text = GV_TEXT_INIT;
        const struct gv_finding *finding = &findings->items[i];
        gv_finding_print(finding, gv_policy_files_text(files, finding->file), colour, &text);
        fputs(gv_text_cstr(&text), stdout);
        gv_text_free(&text);
    }
    printf("%zu files: %zu errors, %zu warnings, %zu notes\n", files->count, findings->errors,
           findings->warnings, findings->infos);
}

static void append_finding(struct gv_text *text, const struct gv_finding *finding)
{
    gv_text_string(text, "{\"file\":");
    gv_text_json(text, gv_slice_from(finding->file));
    gv_text_format(
        text,
        ",\"line\":%u,\"column\":%u,\"length\":%u,\"severity\":\"%s\",\"rule\":\"%s\",\"message\":",
        finding->line, finding->column, finding->length, gv_severity_word(finding->severity),
        finding->slug);
    gv_text_json(text, gv_slice_from(finding->message));
    gv_text_char(text, '}');
}

static void print_json(const struct gv_findings *findings, const char *digest)
{
    struct gv_text text = GV_TEXT_INIT;
    gv_text_string(&text, "{\"policy\":");
    if (digest)
        gv_text_json(&text, gv_slice_from(digest));
    else
        gv_text_string(&text, "null");
    gv_text_format(&text, ",\"errors\":%zu,\"warnings\":%zu,\"findings\":[", findings->errors,
                   findings->warnings);
    for (size_t i = 0; i < findings->count; i++) {
        if (i)
            gv_text_char(&text, ',');
        append_finding(&text, &findings->items[i]);
    }
    gv_text_string(&text, "]}\n");
    fputs(gv_text_cstr(&text), stdout);
    gv_text_free(&text);
}

static int check(const struct gv_policy_files *files, bool json, bool strict)
{
    struct gv_findings findings = GV_FINDINGS_INIT;
    struct gv_error err = GV_ERROR_INIT;
    struct gv_set *set = gv_set_load(files->sources, files->count, NULL, &findings, &err);
    gv_findings_sort(&findings);
    if (json)
        print_json(&findings, set ? gv_set_digest(set) : NULL);
    else
        print_text(&findings, files);
    bool clean = set && findings.errors == 0 && !(strict && findings.warnings);
    if (!set && findings.errors == 0)
        gv_cli_fail("check", &err);
    gv_set_unref(set);
    gv_findings_free(&findings);
    return clean ? GV_EXIT_OK : GV_EXIT_NO;
}

int gv_command_check(const struct gv_arguments *arguments)
{
    const char *format = gv_argument(arguments, "format");
    if (format && strcmp(format, "text") != 0 && strcmp(format, "json") != 0) {
        fprintf(stderr, "gavel check: --format is \"%s\"; it takes text or json\n", format);
        return GV_EXIT_USAGE;
    }
    struct gv_error err = GV_ERROR_INIT;
    struct gv_policy_files files;
    struct gv_arena *arena = gv_arena_new(0);
    const char *directory = arguments->positional_count ? arguments->positional[0]
                            : arena                     ? gv_policies_directory(arena)
                                                        : NULL;
    int code;
    if (!directory)
        code =
            gv_error_set(&err, GV_ERROR_MEMORY, "out of memory") ? 0 : gv_cli_fail("check", &err);
    else if (!gv_policy_files_read(directory, &files, &err))
        code = gv_cli_fail("check", &err);
    else {
        code = check(&files, format && strcmp(format, "json") == 0,
                     gv_argument(arguments, "strict") != NULL);
        gv_policy_files_free(&files);
    }
    gv_arena_free(arena);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/cli/capture.h"

#include "sidecar/cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS_MAX 100

/* Sends a stream's descriptor into a file; returns where it went before. */
static int divert(FILE *stream, FILE *file)
{
    fflush(stream);
    int before = dup(fileno(stream));
    dup2(fileno(file), fileno(stream));
    return before;
}

static void restore(FILE *stream, int before, FILE *file, char *text, size_t size)
{
    fflush(stream);
    dup2(before, fileno(stream));
    close(before);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

const struct captured *run_gavel(const char *word, ...)
{
    static struct captured captured;
    char *words[WORDS_MAX + 2] = {(char *)"gavel"};
    int count = 1;
    va_list rest;
    va_start(rest, word);
    for (; word && count <= WORDS_MAX; word = va_arg(rest, const char *))
        words[count++] = (char *)word;
    va_end(rest);
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    if (!out || !err)
        abort();
    int out_before = divert(stdout, out);
    int err_before = divert(stderr, err);
    captured.code = gv_cli_main(count, words);
    restore(stdout, out_before, out, captured.out, sizeof(captured.out));
    restore(stderr, err_before, err, captured.err, sizeof(captured.err));
    return &captured;
}

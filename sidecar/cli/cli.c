/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/similar.h"
#include "sidecar/cli/command.h"
#include "sidecar/version.h"

#include <stdio.h>
#include <string.h>

#define USAGE_EXIT 2

/* Longest table of options that a command has; checked by a test. */
#define OPTIONS_MAX 16

const char *gv_argument(const struct gv_arguments *arguments, const char *option)
{
    for (unsigned i = 0; arguments->options[i].name; i++) {
        if (strcmp(arguments->options[i].name, option) == 0)
            return arguments->values[i];
    }
    return NULL;
}

static void print_overview(FILE *out)
{
    fputs("gavel: lets a model become production only when the people that the RACI matrix names "
          "have said yes\n"
          "\nUsage: gavel COMMAND [OPTIONS]\n\nCommands:\n",
          out);
    for (const struct gv_command *command = GV_COMMANDS; command->name; command++)
        fprintf(out, "  %-8s %s\n", command->name, command->summary);
    fputs("\n`gavel COMMAND --help` says more. `gavel --version` prints the version.\n", out);
}

static void print_option(FILE *out, const struct gv_option *option)
{
    char left[64];
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    fprintf(out, "  %-28s %s%s\n", left, option->help,
            option->repeated ? " (may be repeated)" : "");
}

static void print_page(FILE *out, const struct gv_command *command)
{
    fprintf(out, "Usage: gavel %s\n\n%s.\n\n%s\n", command->usage, command->summary, command->page);
    fputs("\nOptions:\n", out);
    for (const struct gv_option *option = command->options; option->name; option++)
        print_option(out, option);
    fputs("  -h, --help                   this page\n", out);
}

static int usage_error(const struct gv_command *command, const char *what, const char *word)
{
    fprintf(stderr, "gavel %s: %s%s%s\nUsage: gavel %s\n`gavel %s --help` says more.\n",
            command->name, what, word ? ": " : "", word ? word : "", command->usage, command->name);
    return USAGE_EXIT;
}

static const struct gv_option *find_long(const struct gv_command *command, struct gv_slice name)
{
    for (const struct gv_option *option = command->options; option->name; option++) {
        if (gv_slice_is(name, option->name))
            return option;
    }
    return NULL;
}

static const struct gv_option *find_letter(const struct gv_command *command, char letter)
{
    for (const struct gv_option *option = command->options; option->name; option++) {
        if (option->letter && option->letter == letter)
            return option;
    }
    return NULL;
}

/* `--lines=x` is an unknown `lines`: what follows the sign is not part of the name. */
static int unknown_option(const struct gv_command *command, const char *word)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    for (const struct gv_option *option = command->options; option->name && count < OPTIONS_MAX;
         option++)
        names[count++] = option->name;
    const char *near =
        gv_similar((struct gv_slice){word + 2, strcspn(word + 2, "=")}, names, count);
    char what[512];
    snprintf(what, sizeof(what), "unknown option: %s%s%s%s", word, near ? ", did you mean --" : "",
             near ? near : "", near ? "?" : "");
    return usage_error(command, what, NULL);
}

static bool keep(struct gv_arguments *arguments, const struct gv_option *option, const char *value)
{
    unsigned index = (unsigned)(option - arguments->options);
    arguments->values[index] = value;
    if (!option->repeated)
        return true;
    if (arguments->repeated_count == GV_ARGUMENTS_MAX)
        return false;
    arguments->repeated[arguments->repeated_count] = value;
    arguments->repeated_options[arguments->repeated_count++] = index;
    return true;
}

/* Reads one option at argv[*at] (and its value); 0, or the exit code. */
static int parse_option(const struct gv_command *command, struct gv_arguments *arguments, int argc,
                        char **argv, int *at)
{
    const char *word = argv[*at];
    const char *value = NULL;
    const struct gv_option *option;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        size_t len = equals ? (size_t)(equals - word) : strlen(word);
        option = find_long(command, (struct gv_slice){word + 2, len - 2});
        value = equals ? equals + 1 : NULL;
    } else {
        option = find_letter(command, word[1]);
        value = word[2] ? word + 2 : NULL;
    }
    if (!option)
        return unknown_option(command, word);
    if (!option->argument && value)
        return usage_error(command, "this option takes no value", word);
    if (option->argument && !value && *at + 1 < argc)
        value = argv[++*at];
    if (option->argument && !value)
        return usage_error(command, "this option needs a value", word);
    if (!keep(arguments, option, value ? value : ""))
        return usage_error(command, "this option is given too often", word);
    return 0;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run_command(const struct gv_command *command, int argc, char **argv)
{
    struct gv_arguments arguments = {.options = command->options};
    const char *positional[GV_ARGUMENTS_MAX];
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        if (!options_end && is_help(argv[i])) {
            print_page(stdout, command);
            return 0;
        }
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && argv[i][0] == '-' && argv[i][1]) {
            int code = parse_option(command, &arguments, argc, argv, &i);
            if (code)
                return code;
        } else if (arguments.positional_count == command->positional_max) {
            return usage_error(command, "too many arguments", argv[i]);
        } else {
            positional[arguments.positional_count++] = argv[i];
        }
    }
    if (arguments.positional_count < command->positional_min)
        return usage_error(command, "an argument is missing", NULL);
    arguments.positional = positional;
    return command->run(&arguments);
}

static int unknown_command(const char *word)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    for (const struct gv_command *command = GV_COMMANDS; command->name && count < OPTIONS_MAX;
         command++)
        names[count++] = command->name;
    const char *near = gv_similar(gv_slice_from(word), names, count);
    fprintf(stderr, "gavel: unknown command: %s%s%s%s\n`gavel --help` lists the commands.\n", word,
            near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return USAGE_EXIT;
}

int gv_cli_main(int argc, char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return USAGE_EXIT;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("gavel " GV_VERSION);
        return 0;
    }
    bool help = strcmp(argv[1], "help") == 0 || is_help(argv[1]);
    if (help && argc < 3) {
        print_overview(stdout);
        return 0;
    }
    const char *name = help ? argv[2] : argv[1];
    for (const struct gv_command *command = GV_COMMANDS; command->name; command++) {
        if (strcmp(command->name, name) != 0)
            continue;
        if (help)
            print_page(stdout, command);
        return help ? 0 : run_command(command, argc - 2, argv + 2);
    }
    return unknown_command(name);
}

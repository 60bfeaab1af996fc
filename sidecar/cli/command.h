/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_CLI_COMMAND_H
#define GV_CLI_COMMAND_H

#include <stdbool.h>

/*
 * The subcommands: one table from which the parser, `gavel --help` and each command's page of help
 * are made.
 */

struct gv_option {
    const char *name;     /* "log-format" */
    char letter;          /* 'c', or 0 */
    const char *argument; /* "FILE"; NULL: a flag */
    bool repeated;
    const char *help;
};

#define GV_ARGUMENTS_MAX 64

/* What was typed, after parsing by the command's table. */
struct gv_arguments {
    const struct gv_option *options;      /* of the command, ended by a NULL name */
    const char *values[GV_ARGUMENTS_MAX]; /* of each option; "" for a flag that was given, NULL when
                                             absent; the last of repeated ones */
    const char *repeated[GV_ARGUMENTS_MAX];      /* values of repeated options, in order */
    unsigned repeated_options[GV_ARGUMENTS_MAX]; /* which option each belongs to */
    unsigned repeated_count;
    const char *const *positional;
    unsigned positional_count;
};

struct gv_command {
    const char *name;
    const char *usage;               /* "check DIR" */
    const char *summary;             /* one line */
    const char *page;                /* the rest of its help: what it does, examples, exit codes */
    const struct gv_option *options; /* ended by a NULL name */
    unsigned positional_min;
    unsigned positional_max;
    int (*run)(const struct gv_arguments *arguments);
};

/* Every command, ended by a NULL name. */
extern const struct gv_command GV_COMMANDS[];

/* The value of an option, or NULL. */
const char *gv_argument(const struct gv_arguments *arguments, const char *option);

/* Parses and runs; the process' exit code: 0 fine, 1 it said no, 2 usage. */
int gv_cli_main(int argc, char **argv);

int gv_command_run(const struct gv_arguments *arguments);
int gv_command_check(const struct gv_arguments *arguments);
int gv_command_token(const struct gv_arguments *arguments);
int gv_command_routes(const struct gv_arguments *arguments);
int gv_command_audit(const struct gv_arguments *arguments);
int gv_command_config(const struct gv_arguments *arguments);

#endif

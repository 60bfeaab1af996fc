/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_CLI_COMMON_H
#define GV_CLI_COMMON_H

#include "sidecar/cli/command.h"
#include "sidecar/config.h"

/* What several commands do. */

enum { GV_EXIT_OK = 0, GV_EXIT_NO = 1, GV_EXIT_USAGE = 2 };

/* Prints "gavel COMMAND: place: message" on stderr; returns GV_EXIT_NO. */
int gv_cli_fail(const char *command, const struct gv_error *err);

/* Reads the configuration that --config names, or the defaults. Prints the error and returns false.
 */
bool gv_cli_config(const char *command, const struct gv_arguments *arguments,
                   struct gv_config *ret_config);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/cli/common.h"

#include <stdio.h>

int gv_cli_fail(const char *command, const struct gv_error *err)
{
    char text[GV_ERROR_MESSAGE_SIZE + GV_ERROR_FILE_SIZE];
    fprintf(stderr, "gavel %s: %s\n", command, gv_error_text(err, text, sizeof(text)));
    return GV_EXIT_NO;
}

bool gv_cli_config(const char *command, const struct gv_arguments *arguments,
                   struct gv_config *ret_config)
{
    struct gv_error err = GV_ERROR_INIT;
    if (gv_config_read(gv_argument(arguments, "config"), ret_config, &err))
        return true;
    gv_cli_fail(command, &err);
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/cli/common.h"

#include <stdio.h>
#include <string.h>

int gv_command_config(const struct gv_arguments *arguments)
{
    if (strcmp(arguments->positional[0], "example") != 0) {
        fprintf(stderr, "gavel config: \"%s\" is not known; it takes example\n",
                arguments->positional[0]);
        return GV_EXIT_USAGE;
    }
    struct gv_text text = GV_TEXT_INIT;
    gv_config_example(&text);
    fputs(gv_text_cstr(&text), stdout);
    gv_text_free(&text);
    return GV_EXIT_OK;
}

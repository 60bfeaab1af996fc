/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/cli/common.h"
#include "sidecar/files.h"
#include "sidecar/loop/loop.h"

#include <stdio.h>
#include <stdlib.h>

static int sign(const struct gv_config *config, const struct gv_dev_token *token)
{
    struct gv_error err = GV_ERROR_INIT;
    if (!config->dev_identity) {
        gv_error_set(
            &err, GV_ERROR_REFUSED,
            "identity.issuers is configured, so tokens of the dev identity are not accepted; "
            "get one from your issuer");
        return gv_cli_fail("token", &err);
    }
    if (!gv_directory_make(config->state, &err))
        return gv_cli_fail("token", &err);
    char *text = gv_dev_token_sign(config->dev_key, token, gv_clock_wall(), &err);
    if (!text)
        return gv_cli_fail("token", &err);
    puts(text);
    free(text);
    return GV_EXIT_OK;
}

int gv_command_token(const struct gv_arguments *arguments)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_dev_token token = {.subject = gv_argument(arguments, "sub"),
                                 .name = gv_argument(arguments, "name"),
                                 .roles = arguments->repeated,
                                 .role_count = arguments->repeated_count};
    const char *expires = gv_argument(arguments, "expires");
    if (!token.subject || !token.subject[0]) {
        fputs("gavel token: --sub is missing: whom is the token for?\n", stderr);
        return GV_EXIT_USAGE;
    }
    if (expires && !gv_duration_parse(gv_slice_from(expires), &token.lifetime, &err)) {
        gv_cli_fail("token: --expires", &err);
        return GV_EXIT_USAGE;
    }
    struct gv_config config;
    if (!gv_cli_config("token", arguments, &config))
        return GV_EXIT_NO;
    int code = sign(&config, &token);
    gv_config_free(&config);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/cli/common.h"
#include "sidecar/daemon.h"

#include <stdio.h>

static int wrong_word(const char *option, const char *value, const char *words)
{
    fprintf(stderr, "gavel run: --%s is \"%s\"; it takes %s\n", option, value, words);
    return GV_EXIT_USAGE;
}

/* Options win over the file. 0, or the exit code. */
static int apply_options(const struct gv_arguments *arguments, struct gv_config *config)
{
    const char *profile = gv_argument(arguments, "profile");
    const char *policies = gv_argument(arguments, "policies");
    const char *format = gv_argument(arguments, "log-format");
    const char *level = gv_argument(arguments, "log-level");
    if (profile && !gv_profile_parse(gv_slice_from(profile), &config->profile))
        return wrong_word("profile", profile, "dev, medium or large");
    if (format && !gv_log_format_parse(gv_slice_from(format), &config->log_format))
        return wrong_word("log-format", format, "text or json");
    if (level && !gv_log_level_parse(gv_slice_from(level), &config->log_level))
        return wrong_word("log-level", level, "debug, info, warn or error");
    if (policies)
        config->policies = policies;
    return 0;
}

int gv_command_run(const struct gv_arguments *arguments)
{
    struct gv_config config;
    if (!gv_cli_config("run", arguments, &config))
        return GV_EXIT_NO;
    int code = apply_options(arguments, &config);
    struct gv_error err = GV_ERROR_INIT;
    if (code == 0 && !gv_config_validate(&config, &err))
        code = gv_cli_fail("run", &err);
    if (code == 0)
        code = gv_daemon_run(&config);
    gv_config_free(&config);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/cli/command.h"

#include <stddef.h>

#define END_OF_OPTIONS \
    {                  \
        .name = NULL   \
    }

#define CONFIG_OPTION                                                           \
    {                                                                           \
        "config", 'c', "FILE", false, "configuration; its defaults without one" \
    }

static const struct gv_option RUN_OPTIONS[] = {
    CONFIG_OPTION,
    {"profile", 0, "NAME", false, "dev, medium or large, instead of the configuration's"},
    {"policies", 'p', "DIR", false, "directory of policies, instead of the configuration's"},
    {"log-format", 0, "FORMAT", false, "text or json, instead of the configuration's"},
    {"log-level", 0, "LEVEL", false, "debug, info, warn or error, instead of the configuration's"},
    END_OF_OPTIONS,
};

static const struct gv_option CHECK_OPTIONS[] = {
    {"format", 0, "FORMAT", false, "text (default) or json"},
    {"strict", 0, NULL, false, "warnings fail too"},
    END_OF_OPTIONS,
};

static const struct gv_option TOKEN_OPTIONS[] = {
    CONFIG_OPTION,
    {"sub", 0, "NAME", false, "the subject: who it is"},
    {"name", 0, "NAME", false, "the display name; the subject by default"},
    {"role", 0, "ROLE", true, "a role of the token"},
    {"expires", 0, "DURATION", false, "how long it is valid; 12h by default"},
    END_OF_OPTIONS,
};

static const struct gv_option ROUTES_OPTIONS[] = {
    {"check", 0, "FILE", false,
     "compare with what an MLflow serves, as list_routes.py wrote it; - reads stdin"},
    END_OF_OPTIONS,
};

static const struct gv_option AUDIT_OPTIONS[] = {
    CONFIG_OPTION,
    {"lines", 'n', "N", false, "how many of the last events; 10 by default"},
    {"follow", 'f', NULL, false, "go on printing as events come, until interrupted"},
    {"decision", 0, "ID", false, "only events of this decision"},
    END_OF_OPTIONS,
};

static const struct gv_option NO_OPTIONS[] = {END_OF_OPTIONS};

const struct gv_command GV_COMMANDS[] = {
    {"run", "run [-c FILE]", "Run the gateway, the API and the executor",
     "Listens where the configuration says (MLflow's gateway on 127.0.0.1:5000, the API on "
     "127.0.0.1:8000, health and\n"
     "metrics on 127.0.0.1:9090 by default) until SIGTERM or SIGINT, which finish what is open. "
     "SIGHUP reads the\n"
     "policies again; edits are noticed without it.\n\n"
     "Exit: 0 after a clean end, 1 when it could not start or had to cut requests, 2 usage.",
     RUN_OPTIONS, 0, 0, gv_command_run},
    {"check", "check [DIR]", "Check a directory of policies",
     "Reads DIR/*.yaml (the shipped policies without DIR) as `gavel run` would and prints each "
     "finding with its place,\n"
     "the line, and the way out.\n\n"
     "Exit: 0 clean, 1 errors (warnings too with --strict), 2 usage.",
     CHECK_OPTIONS, 0, 1, gv_command_check},
    {"token", "token --sub NAME [--role ROLE]…", "Print a token of the dev identity",
     "For trying things out on one machine: signs a token with the dev key in the state directory, "
     "which is made when\n"
     "absent. A Gavel with configured issuers does not accept it.\n\n"
     "  export MLFLOW_TRACKING_TOKEN=$(gavel token --sub ds-001 --role data_scientist)\n\n"
     "Exit: 0 printed, 1 the key cannot be made or read, 2 usage.",
     TOKEN_OPTIONS, 0, 0, gv_command_token},
    {"routes", "routes [--check FILE]",
     "List MLflow's routes as the gateway knows them, or compare",
     "Without --check, prints the table: method, path, class, action, resource. With it, lists "
     "what an MLflow serves and\n"
     "the table does not know; make FILE inside MLflow's own environment:\n\n"
     "  python list_routes.py > routes.json && gavel routes --check routes.json\n\n"
     "Exit: 0 every route is known, 1 some are not, 2 usage.",
     ROUTES_OPTIONS, 0, 0, gv_command_routes},
    {"audit", "audit tail|verify [-c FILE]", "Read or verify the audit trail of the local store",
     "`tail` prints the last events, one JSON line each, as they were chained. `verify` checks "
     "every hash and link.\n\n"
     "Exit: 0 fine, 1 the trail is broken or cannot be read, 2 usage.",
     AUDIT_OPTIONS, 1, 1, gv_command_audit},
    {"config", "config example", "Print every key of the configuration with its default",
     "The output is a complete gavel.yaml that says nothing but the defaults.\n\nExit: 0, 2 usage.",
     NO_OPTIONS, 1, 1, gv_command_config},
    {.name = NULL},
};

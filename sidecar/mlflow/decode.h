/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_MLFLOW_DECODE_H
#define GV_MLFLOW_DECODE_H

#include "sidecar/mlflow/client.h"
#include <jansson.h>

/*
 * MLflow's answers as plain data in an arena. Members that protobuf leaves out because they are
 * empty are NULL or 0. Errors: CORRUPT with the member's name, MEMORY.
 */

bool gv_mlflow_decode_version(struct gv_arena *arena, const json_t *json,
                              struct gv_mlflow_version *ret_version, struct gv_error *err);

bool gv_mlflow_decode_run(struct gv_arena *arena, const json_t *json, struct gv_mlflow_run *ret_run,
                          struct gv_error *err);

/* Adds the aliases that `registered_model` lists to the versions that they point to, in place of
 * what these had. */
bool gv_mlflow_decode_aliases(struct gv_arena *arena, const json_t *registered_model,
                              struct gv_mlflow_version *versions, size_t count,
                              struct gv_error *err);

/* What an answer with a status other than 200 means. Always returns false. */
bool gv_mlflow_decode_error(unsigned status, struct gv_slice body, struct gv_error *err);

#endif

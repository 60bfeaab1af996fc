/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_MLFLOW_CHECK_H
#define GV_MLFLOW_CHECK_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/slice.h"
#include "policies/engine/base/text.h"

/*
 * Whether the route table knows all that a running MLflow serves. MLflow's surface grows with every
 * release, and a call that is not in the table is refused; so a new release is looked at before it
 * is put behind the gateway.
 */

/*
 * Compares a document of list_routes.py with routes.def and denied.def and appends to `out` a line
 * for each route that needs a look, one for each that is left out on purpose, and a summary.
 *
 * True when every route is in one of the two lists. False with REFUSED when some are not, or when
 * one that is left out would be taken for another; with INVALID, LIMIT or MEMORY when the document
 * cannot be read.
 */
bool gv_mlflow_routes_check(struct gv_slice json, struct gv_text *out, struct gv_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

#include "policies/engine/base/text.h"

/*
 * Errors as MLflow's client reads them (mlflow/exceptions.py): a JSON object with an error_code
 * that is one of its enumerators. ENDPOINT_NOT_FOUND is never used: the client would silently try
 * another endpoint.
 */

const char *gv_mlflow_error_json(struct gv_arena *arena, const char *error_code,
                                 const char *message, const char *decision_id)
{
    struct gv_text text = GV_TEXT_INIT;
    gv_text_string(&text, "{\"error_code\": ");
    gv_text_json(&text, gv_slice_from(error_code));
    gv_text_string(&text, ", \"message\": ");
    gv_text_json(&text, gv_slice_from(message));
    if (decision_id) {
        gv_text_string(&text, ", \"decision_id\": ");
        gv_text_json(&text, gv_slice_from(decision_id));
    }
    gv_text_char(&text, '}');
    const char *json = gv_text_ok(&text) ? gv_arena_copy(arena, gv_text_slice(&text)) : NULL;
    gv_text_free(&text);
    return json;
}

const char *gv_mlflow_error_code(unsigned status)
{
    switch (status) {
    case 400:
        return "INVALID_PARAMETER_VALUE";
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "PERMISSION_DENIED";
    case 404:
        return "RESOURCE_DOES_NOT_EXIST";
    case 409:
        return "RESOURCE_CONFLICT";
    case 429:
        return "REQUEST_LIMIT_EXCEEDED";
    case 502:
    case 503:
    case 504:
        return "TEMPORARILY_UNAVAILABLE";
    default:
        return status >= 500 ? "INTERNAL_ERROR" : "BAD_REQUEST";
    }
}

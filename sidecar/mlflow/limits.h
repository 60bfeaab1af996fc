/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_MLFLOW_LIMITS_H
#define GV_MLFLOW_LIMITS_H

#include <stddef.h>

/* The limits of this folder, each with what it stops. */

/* Bytes of a request target, path and query each: below the listener's limit on the whole head. */
#define GV_MLFLOW_TARGET_MAX 8192

/* Segments of a path: deeper artifact trees than this are an attempt to make splitting slow. */
#define GV_MLFLOW_SEGMENTS_MAX 64

/* Parameters of a query: twins and repetitions are sought pair by pair. */
#define GV_MLFLOW_QUERY_MAX 256

/* How often MLflow decodes an artifact path before it gives up (mlflow/utils/uri.py, _decode). */
#define GV_MLFLOW_DECODE_ROUNDS 10

/* Bytes of a JSON body. MLflow's own largest is a batch of 1 MB (MAX_BATCH_LOG_REQUEST_SIZE);
 * datasets and traces come in larger pieces. */
#define GV_MLFLOW_BODY_MAX ((size_t)8 * 1024 * 1024)

/* Nesting of a JSON body: jansson and Python both recurse. */
#define GV_MLFLOW_BODY_DEPTH 64

/* Tags of one new model or version; MLflow takes 100 in a batch. */
#define GV_MLFLOW_TAGS_MAX 100

/* Characters of names as MLflow's database holds them: models and aliases 256, tag keys 250. */
#define GV_MLFLOW_NAME_MAX 256
#define GV_MLFLOW_TAG_KEY_MAX 250

/* Length of a workspace name (mlflow/store/workspace/abstract_store.py, WorkspaceNameValidator). */
#define GV_MLFLOW_WORKSPACE_MAX 63

/* What one GraphQL document may ask for: MLflow's own limits (graphql_no_batching.py), by which
 * every query of its UI fits, and a bound on the text that is looked at. */
#define GV_GRAPHQL_BYTES ((size_t)64 * 1024)
#define GV_GRAPHQL_DEPTH 10
#define GV_GRAPHQL_ALIASES 10
#define GV_GRAPHQL_ROOTS 10
#define GV_GRAPHQL_SELECTIONS 1000
/* Nesting of values and types within arguments. */
#define GV_GRAPHQL_VALUE_DEPTH 32

/* Bytes of one answer of MLflow's API that the client keeps in memory. */
#define GV_MLFLOW_REPLY_MAX ((size_t)4 * 1024 * 1024)

/* Versions of one model that the client collects, in pages of GV_MLFLOW_PAGE: what is more is
 * answered with LIMIT rather than by half. */
#define GV_MLFLOW_VERSIONS_MAX 20000
#define GV_MLFLOW_PAGE 1000

/* Length of an id of a run or logged model in a search; MLflow's have 34 at most. */
#define GV_MLFLOW_ORIGIN_MAX 128

/* Things counted for the inventory gauges, in pages of 1000: an inventory beyond is shown as this
 * many rather than kept MLflow busy. */
#define GV_MLFLOW_COUNT_MAX 100000

/* Bytes of a file that lists MLflow's routes. */
#define GV_MLFLOW_LISTING_MAX ((size_t)4 * 1024 * 1024)

#endif

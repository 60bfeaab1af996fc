/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_YAML_SCALAR_H
#define GV_BASE_YAML_SCALAR_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/yaml.h"

/*
 * Gives a plain scalar its type and value by YAML 1.2.2 §10.3.2 (the core schema): yes, no, on and
 * off are strings, 012 is twelve. `node->text` is set and NUL-terminated. False, with a message
 * without a place, when a number is too large to be kept exactly enough.
 */
bool gv_yaml_resolve(struct gv_yaml *node, struct gv_error *err);

#endif

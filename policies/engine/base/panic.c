/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/panic.h"

#include <stdio.h>
#include <stdlib.h>

void gv_panic_at(const char *file, int line, const char *reason)
{
    fprintf(stderr, "gavel: panic: %s:%d: %s\n", file, line, reason);
    abort();
}

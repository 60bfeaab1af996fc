/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

#include "policies/engine/base/panic.h"

bool gv_mlflow_template_next(struct gv_slice *rest, struct gv_mlflow_placeholder *ret_placeholder)
{
    if (rest->len == 0)
        return false;
    struct gv_slice segment = gv_slice_split(rest, '/');
    *ret_placeholder = (struct gv_mlflow_placeholder){.before = segment};
    const char *open = memchr(segment.ptr, '{', segment.len);
    if (!open)
        return true;
    gv_invariant(segment.len >= 3 && segment.ptr[segment.len - 1] == '}',
                 "a resource of MLflow's route table has text behind its parameter");
    ret_placeholder->before.len = (size_t)(open - segment.ptr);
    struct gv_slice name = {open + 1, segment.len - ret_placeholder->before.len - 2};
    char mark = name.ptr[name.len - 1];
    if (mark == '?' || mark == '*') {
        ret_placeholder->need = mark == '?' ? GV_NEED_OPTIONAL : GV_NEED_LIST;
        name.len--;
    }
    ret_placeholder->name = name;
    return true;
}

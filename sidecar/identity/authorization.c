/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/authorization.h"
#include "sidecar/identity/base64.h"

static enum gv_reason basic_token(struct gv_slice credentials, char *scratch,
                                  struct gv_slice *ret_token)
{
    if (credentials.len > (GV_AUTHORIZATION_SCRATCH + 2) / 3 * 4)
        return GV_REASON_SIZE;
    size_t len = 0;
    if (!gv_base64_decode(credentials, GV_BASE64_STANDARD, scratch, GV_AUTHORIZATION_SCRATCH, &len))
        return GV_REASON_BASIC;
    const char *colon = memchr(scratch, ':', len);
    if (!colon)
        return GV_REASON_BASIC;
    size_t before = (size_t)(colon - scratch) + 1;
    *ret_token = (struct gv_slice){scratch + before, len - before};
    return GV_REASON_NONE;
}

enum gv_reason gv_authorization_token(struct gv_slice value, char scratch[GV_AUTHORIZATION_SCRATCH],
                                      struct gv_slice *ret_token)
{
    if (!value.ptr)
        return GV_REASON_ABSENT;
    struct gv_slice rest = value;
    struct gv_slice scheme = gv_slice_split(&rest, ' ');
    if (scheme.len == value.len || rest.len == 0 || memchr(rest.ptr, ' ', rest.len))
        return GV_REASON_SCHEME;
    if (gv_slice_equal_nocase(scheme, GV_SLICE("Basic")))
        return basic_token(rest, scratch, ret_token);
    if (!gv_slice_equal_nocase(scheme, GV_SLICE("Bearer")))
        return GV_REASON_SCHEME;
    *ret_token = rest;
    return GV_REASON_NONE;
}

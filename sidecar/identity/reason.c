/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/reason.h"

static const struct {
    const char *word;
    const char *meaning;
} reasons[] = {
#define GV_REASON(name, word, meaning) {word, meaning},
#include "sidecar/identity/reasons.def"
#undef GV_REASON
};

const char *gv_reason_word(enum gv_reason reason)
{
    return reasons[reason].word;
}

const char *gv_reason_meaning(enum gv_reason reason)
{
    return reasons[reason].meaning;
}

enum gv_identity_result gv_reason_result(enum gv_reason reason)
{
    if (reason == GV_REASON_NONE)
        return GV_IDENTITY_OK;
    if (reason == GV_REASON_ABSENT)
        return GV_IDENTITY_ABSENT;
    if (reason == GV_REASON_KEYS_UNAVAILABLE || reason == GV_REASON_BUSY ||
        reason == GV_REASON_MEMORY)
        return GV_IDENTITY_UNAVAILABLE;
    return GV_IDENTITY_REFUSED;
}

const char *gv_identity_refusal(enum gv_identity_result result)
{
    switch (result) {
    case GV_IDENTITY_OK:
        return "The caller is known";
    case GV_IDENTITY_ABSENT:
        return "Authentication is required: send \"Authorization: Bearer TOKEN\", or Basic with "
               "the token as password";
    case GV_IDENTITY_REFUSED:
        return "The token is not acceptable: get a new one from the identity provider and try "
               "again";
    case GV_IDENTITY_UNAVAILABLE:
        return "Tokens cannot be verified at the moment: try again in a little while";
    }
    return "The token is not acceptable";
}

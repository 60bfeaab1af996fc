# SPDX-License-Identifier: Apache-2.0
gv_library(gv_engine
    SOURCES
        access_policy.c approval.c decide.c decode.c digest.c documents.c findings.c index.c language.c
        lint.c lint_access.c lint_promotion.c load.c paths.c promotion_policy.c raci.c resource.c roles.c
        set.c slot.c targets.c
    LINKS gv_promotion gv_base Threads::Threads)

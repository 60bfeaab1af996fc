# SPDX-License-Identifier: Apache-2.0
gv_library(gv_engine
    SOURCES findings.c resource.c
    LINKS gv_promotion gv_base Threads::Threads)

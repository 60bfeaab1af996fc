# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS fields requests render)
    gv_test(sidecar/api ${file} LINKS gv_api)
endforeach()
gv_test(sidecar/api api LINKS gv_api SOURCES ${PROJECT_SOURCE_DIR}/test/unit/sidecar/api/world.c)

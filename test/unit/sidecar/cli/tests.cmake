# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS cli commands)
    gv_test(sidecar/cli ${file} LINKS gv_sidecar SOURCES ${CMAKE_CURRENT_LIST_DIR}/capture.c)
endforeach()

# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS fields requests render)
    gv_test(sidecar/api ${file} LINKS gv_api)
endforeach()

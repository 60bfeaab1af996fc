# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS glob machine matching model quorum)
    gv_test(policies/engine/promotion ${file} LINKS gv_promotion)
endforeach()

# SPDX-License-Identifier: Apache-2.0
set(governance_policies ${CMAKE_CURRENT_LIST_DIR}/policies.c)
set(governance_world ${CMAKE_CURRENT_LIST_DIR}/world.c ${governance_policies})
gv_test(sidecar/governance assess SOURCES ${governance_policies} LINKS gv_governance)
gv_test(sidecar/governance statuses LINKS gv_governance)
foreach(operations IN ITEMS frame requests votes judge)
    gv_test(sidecar/governance ${operations} SOURCES ${governance_world} LINKS gv_governance)
endforeach()
include(${CMAKE_CURRENT_LIST_DIR}/executor.cmake OPTIONAL)

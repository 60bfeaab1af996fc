# SPDX-License-Identifier: Apache-2.0
set(governance_policies ${CMAKE_CURRENT_LIST_DIR}/policies.c)
gv_test(sidecar/governance assess SOURCES ${governance_policies} LINKS gv_governance)
gv_test(sidecar/governance statuses LINKS gv_governance)
# Below test/unit, so that others may add their own test beside these.
include(${CMAKE_CURRENT_LIST_DIR}/executor.cmake OPTIONAL)

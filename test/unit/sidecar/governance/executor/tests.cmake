# SPDX-License-Identifier: Apache-2.0
set(executor_policies ${PROJECT_SOURCE_DIR}/test/unit/sidecar/governance/policies.c)
gv_test(sidecar/governance/executor plan SOURCES ${executor_policies} LINKS gv_governance)

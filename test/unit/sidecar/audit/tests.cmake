# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS audit line refusals verify)
    gv_test(sidecar/audit ${file} LINKS gv_audit PkgConfig::GV_SQLITE3
            SOURCES ${PROJECT_SOURCE_DIR}/test/unit/sidecar/store/fixture.c)
endforeach()
gv_test(sidecar/audit loki LINKS gv_audit PkgConfig::GV_SQLITE3
        SOURCES ${PROJECT_SOURCE_DIR}/test/unit/sidecar/store/fixture.c
                ${PROJECT_SOURCE_DIR}/test/unit/sidecar/audit/sink.c)

# What test/loki/ drives against a real Loki.
add_executable(gv_audit_feeder ${PROJECT_SOURCE_DIR}/test/support/audit_feeder.c)
target_link_libraries(gv_audit_feeder PRIVATE gv_audit)

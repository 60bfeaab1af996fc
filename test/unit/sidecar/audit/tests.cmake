# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS audit line refusals verify)
    gv_test(sidecar/audit ${file} LINKS gv_audit PkgConfig::GV_SQLITE3
            SOURCES ${PROJECT_SOURCE_DIR}/test/unit/sidecar/store/fixture.c)
endforeach()

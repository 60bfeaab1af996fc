# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS assignments audit_rows decisions filesystem idempotency leases store uuid votes)
    gv_test(sidecar/store ${file} LINKS gv_store
            SOURCES ${PROJECT_SOURCE_DIR}/test/unit/sidecar/store/fixture.c)
endforeach()

# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS authorization base64 cache claims dev issuer jwks token verifier)
    gv_test(sidecar/identity ${file}
        SOURCES ${PROJECT_SOURCE_DIR}/test/unit/sidecar/identity/tokens.c
        LINKS gv_identity PkgConfig::GV_LIBCRYPTO)
endforeach()

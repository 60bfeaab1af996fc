# SPDX-License-Identifier: Apache-2.0
set(GV_IDENTITY_TEST_DIR ${PROJECT_SOURCE_DIR}/test/unit/sidecar/identity)
foreach(file IN ITEMS authorization base64 cache claims dev issuer jwks token)
    gv_test(sidecar/identity ${file}
        SOURCES ${GV_IDENTITY_TEST_DIR}/tokens.c
        LINKS gv_identity PkgConfig::GV_LIBCRYPTO)
endforeach()
foreach(file IN ITEMS fetch identity verifier)
    gv_test(sidecar/identity ${file}
        SOURCES ${GV_IDENTITY_TEST_DIR}/tokens.c ${GV_IDENTITY_TEST_DIR}/world.c
        LINKS gv_identity PkgConfig::GV_LIBCRYPTO)
endforeach()

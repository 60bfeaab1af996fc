# SPDX-License-Identifier: Apache-2.0
set(scene ${PROJECT_SOURCE_DIR}/test/unit/sidecar/http/scene.c)
gv_test(sidecar/http guard SOURCES ${scene} LINKS gv_http)
gv_test(sidecar/http router SOURCES ${scene} LINKS gv_http)
gv_test(sidecar/http server SOURCES ${scene} LINKS gv_http)
gv_test(sidecar/http client SOURCES ${scene} LINKS gv_http)
gv_test(sidecar/http relay SOURCES ${scene} LINKS gv_http)

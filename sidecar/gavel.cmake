# SPDX-License-Identifier: Apache-2.0
# The program: what stands above all folders.
gv_library(gv_sidecar
    SOURCES admin.c config.c config_values.c daemon.c files.c policies.c probe.c station.c
            cli/audit.c cli/check.c cli/cli.c cli/commands.c cli/common.c cli/config.c cli/routes.c
            cli/run.c cli/token.c
    LINKS gv_gateway gv_api gv_governance gv_store gv_audit gv_identity gv_mlflow gv_http gv_telemetry
          gv_loop gv_engine PkgConfig::GV_LIBCURL PkgConfig::GV_JANSSON Threads::Threads)
target_compile_definitions(gv_sidecar PRIVATE
    GV_VERSION="${PROJECT_VERSION}"
    GV_SOURCE_POLICIES="${PROJECT_SOURCE_DIR}/policies")

add_executable(gavel main.c)
target_link_libraries(gavel PRIVATE gv_sidecar)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_link_options(gavel PRIVATE -s)
endif()

install(TARGETS gavel DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES gavel.example.yaml DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/gavel)

# SPDX-License-Identifier: Apache-2.0
#
# How every folder of Gavel is built: the compiler's flags, the Debian packages, and the two functions with
# which a folder declares its library and its tests. It lives on the lowest floor because all floors use it.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# pkg-config module, Debian package that brings it.
set(GV_PACKAGES
    "libmicrohttpd|libmicrohttpd-dev"
    "jansson|libjansson-dev"
    "libcurl|libcurl4-openssl-dev"
    "libcrypto|libssl-dev"
    "yaml-0.1|libyaml-dev"
    "cjose|libcjose-dev"
    "sqlite3|libsqlite3-dev"
    "zlib|zlib1g-dev")
if(GV_TESTS)
    list(APPEND GV_PACKAGES "cmocka|libcmocka-dev")
endif()

# Makes an imported target PkgConfig::GV_<MODULE> of each, or says in one line which Debian packages are missing.
function(gv_need_debian_packages)
    set(missing "")
    foreach(row IN LISTS GV_PACKAGES)
        string(REPLACE "|" ";" pair "${row}")
        list(GET pair 0 module)
        list(GET pair 1 package)
        string(TOUPPER "GV_${module}" target)
        string(REGEX REPLACE "[^A-Z0-9_]" "_" target "${target}")
        pkg_check_modules(${target} QUIET IMPORTED_TARGET GLOBAL ${module})
        if(NOT ${target}_FOUND)
            list(APPEND missing ${package})
        endif()
    endforeach()
    if(missing)
        list(JOIN missing " " missing)
        message(FATAL_ERROR "Missing Debian packages. Install them with: apt-get install ${missing}")
    endif()
endfunction()

add_library(gv_flags INTERFACE)
target_include_directories(gv_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(gv_flags INTERFACE _GNU_SOURCE)
target_compile_options(gv_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wformat=2 -Wvla -Wswitch-enum -Wpointer-arith -Wwrite-strings -Wundef
    -fno-strict-aliasing -fno-common)
if(GV_WERROR)
    target_compile_options(gv_flags INTERFACE -Werror)
endif()

if(GV_SANITIZE STREQUAL "address")
    target_compile_options(gv_flags INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(gv_flags INTERFACE -fsanitize=address,undefined)
elseif(GV_SANITIZE STREQUAL "thread")
    target_compile_options(gv_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
    target_link_options(gv_flags INTERFACE -fsanitize=thread)
elseif(NOT GV_SANITIZE STREQUAL "")
    message(FATAL_ERROR "GV_SANITIZE is \"${GV_SANITIZE}\"; it takes address or thread")
else()
    target_compile_options(gv_flags INTERFACE
        -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        -fPIE)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU") # clang 14 knows it under another, temporary name
        target_compile_options(gv_flags INTERFACE -ftrivial-auto-var-init=zero)
    endif()
    target_link_options(gv_flags INTERFACE
        -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections)
    target_compile_options(gv_flags INTERFACE -ffunction-sections -fdata-sections)
    if(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo")
        target_compile_options(gv_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    endif()
endif()

# gv_library(NAME SOURCES file... [LINKS target...]): the static library of one folder.
function(gv_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC gv_flags ${arg_LINKS})
endfunction()

# gv_test(FOLDER FILE LINKS target...): builds test/unit/FOLDER/test_FILE.c as a cmocka program and registers it.
# Extra sources (test doubles, shared fixtures) go after SOURCES.
function(gv_test folder file)
    cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
    string(MAKE_C_IDENTIFIER "test_${folder}_${file}" name)
    add_executable(${name} ${PROJECT_SOURCE_DIR}/test/unit/${folder}/test_${file}.c ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE gv_flags ${arg_LINKS} PkgConfig::GV_CMOCKA)
    target_compile_definitions(${name} PRIVATE GV_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    add_test(NAME ${folder}/${file} COMMAND ${name})
    set_tests_properties(${folder}/${file} PROPERTIES TIMEOUT 120)
endfunction()

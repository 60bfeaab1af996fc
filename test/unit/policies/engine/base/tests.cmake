# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS arena error slice text)
    gv_test(policies/engine/base ${file} LINKS gv_base)
endforeach()

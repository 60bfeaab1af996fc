# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS arena error json map sha256 similar slice text time yaml)
    gv_test(policies/engine/base ${file} LINKS gv_base)
endforeach()

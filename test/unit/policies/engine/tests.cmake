# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS decide findings load resource shipped slot)
    gv_test(policies/engine ${file} LINKS gv_engine)
endforeach()

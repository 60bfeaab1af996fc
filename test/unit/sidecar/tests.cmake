# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS config config_values files)
    gv_test(sidecar ${file} LINKS gv_sidecar)
endforeach()

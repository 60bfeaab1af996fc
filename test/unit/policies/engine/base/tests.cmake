# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS arena error json map sha256 similar slice text time yaml)
    gv_test(policies/engine/base ${file} LINKS gv_base)
endforeach()

gv_test(policies/engine/base memory LINKS gv_base)
target_link_options(test_policies_engine_base_memory PRIVATE
    -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray)

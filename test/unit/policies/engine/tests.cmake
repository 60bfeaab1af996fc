# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS decide findings language load memory mistakes resource shipped slot)
    gv_test(policies/engine ${file} LINKS gv_engine)
endforeach()
target_link_options(test_policies_engine_memory PRIVATE
    -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)

# SPDX-License-Identifier: Apache-2.0
gv_test(sidecar/loop loop LINKS gv_loop)
gv_test(sidecar/loop worker LINKS gv_loop)
gv_test(sidecar/loop directory LINKS gv_loop)

# SPDX-License-Identifier: Apache-2.0
gv_test(policies shipped LINKS gv_engine)
gv_test(policies readme)

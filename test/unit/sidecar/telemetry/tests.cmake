# SPDX-License-Identifier: Apache-2.0
gv_test(sidecar/telemetry log LINKS gv_telemetry)
gv_test(sidecar/telemetry metrics LINKS gv_telemetry)

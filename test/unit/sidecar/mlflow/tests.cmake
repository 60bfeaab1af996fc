# SPDX-License-Identifier: Apache-2.0
gv_test(sidecar/mlflow match LINKS gv_mlflow)
gv_test(sidecar/mlflow classify LINKS gv_mlflow)
gv_test(sidecar/mlflow table LINKS gv_mlflow)
gv_test(sidecar/mlflow people LINKS gv_mlflow)
gv_test(sidecar/mlflow graphql LINKS gv_mlflow)
gv_test(sidecar/mlflow mutation LINKS gv_mlflow)
gv_test(sidecar/mlflow client LINKS gv_mlflow)

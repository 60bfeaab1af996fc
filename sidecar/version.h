/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_VERSION_H
#define GV_SIDECAR_VERSION_H

/* GV_VERSION comes from the project's version in CMakeLists.txt. */
#ifndef GV_VERSION
#error "GV_VERSION must be defined by the build"
#endif

#endif

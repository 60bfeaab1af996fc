/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/cli/command.h"

int main(int argc, char **argv)
{
    return gv_cli_main(argc, argv);
}

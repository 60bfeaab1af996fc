/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_CAPTURE_H
#define GV_TEST_CAPTURE_H

/* What a command line prints, for tests. */
struct captured {
    int code;
    char out[16384];
    char err[4096];
};

/* Runs gv_cli_main with "gavel" and these words, ended by NULL; its output is in the result, which
 * the next call replaces. */
const struct captured *run_gavel(const char *word, ...) __attribute__((sentinel));

#endif

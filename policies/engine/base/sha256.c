/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/sha256.h"
#include "policies/engine/base/panic.h"

#include <openssl/evp.h>
#include <pthread.h>

static EVP_MD *algorithm;
static pthread_once_t algorithm_once = PTHREAD_ONCE_INIT;

static void fetch_algorithm(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    gv_invariant(algorithm, "OpenSSL has no SHA-256");
}

void gv_sha256_of(struct gv_slice data, unsigned char digest[GV_SHA256_SIZE])
{
    gv_sha256_of_parts(&data, 1, digest);
}

void gv_sha256_of_parts(const struct gv_slice *parts, size_t count,
                        unsigned char digest[GV_SHA256_SIZE])
{
    pthread_once(&algorithm_once, fetch_algorithm);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestInit_ex2(context, algorithm, NULL) == 1;
    for (size_t i = 0; done && i < count; i++) {
        done = parts[i].len == 0 || EVP_DigestUpdate(context, parts[i].ptr, parts[i].len) == 1;
    }
    done = done && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    gv_invariant(done, "SHA-256 could not be computed");
}

const char *gv_sha256_hex(const unsigned char digest[GV_SHA256_SIZE], char hex[GV_SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < GV_SHA256_SIZE; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[GV_SHA256_HEX_SIZE - 1] = '\0';
    return hex;
}

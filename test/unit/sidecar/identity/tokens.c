/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/identity/tokens.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void must(bool condition)
{
    if (!condition)
        abort();
}

EVP_PKEY *rsa_key(unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);
    must(key != NULL);
    return key;
}

EVP_PKEY *ec_key(const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);
    must(key != NULL);
    return key;
}

char *format(const char *pattern, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, pattern);
    must(vasprintf(&text, pattern, args) >= 0);
    va_end(args);
    return text;
}

char *base64(const char *text)
{
    size_t len = strlen(text);
    unsigned char *out = malloc(len / 3 * 4 + 5);
    must(out != NULL);
    EVP_EncodeBlock(out, (const unsigned char *)text, (int)len);
    return (char *)out;
}

char *base64url(const void *bytes, size_t len)
{
    char *out = malloc(len / 3 * 4 + 5);
    must(out != NULL);
    int size = EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
    for (int i = 0; i < size; i++)
        out[i] = (char)(out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i]);
    while (size > 0 && out[size - 1] == '=')
        size--;
    out[size] = '\0';
    return out;
}

/* A number of the key in base64url, at least `size` bytes long. */
static char *number_of(const EVP_PKEY *key, const char *name, int size)
{
    BIGNUM *number = NULL;
    unsigned char bytes[2048];
    must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    int len = BN_num_bytes(number) > size ? BN_num_bytes(number) : size;
    must(BN_bn2binpad(number, bytes, len) == len);
    BN_free(number);
    return base64url(bytes, (size_t)len);
}

static int curve_bytes(const EVP_PKEY *key)
{
    return (EVP_PKEY_get_bits(key) + 7) / 8;
}

char *jwk_of(const EVP_PKEY *key, const char *members)
{
    bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
    const char *first_name = rsa ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_EC_PUB_X;
    const char *second_name = rsa ? OSSL_PKEY_PARAM_RSA_E : OSSL_PKEY_PARAM_EC_PUB_Y;
    char *first = number_of(key, first_name, rsa ? 0 : curve_bytes(key));
    char *second = number_of(key, second_name, rsa ? 0 : curve_bytes(key));
    char *jwk =
        rsa ? format("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}", first, second, members)
            : format("{\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"%s\",\"y\":\"%s\"%s}",
                     EVP_PKEY_get_bits(key), first, second, members);
    free(first);
    free(second);
    return jwk;
}

char *jwks_of(const EVP_PKEY *key, const char *members)
{
    char *jwk = jwk_of(key, members);
    char *set = format("{\"keys\":[%s]}", jwk);
    free(jwk);
    return set;
}

char *pem_of(EVP_PKEY *key)
{
    char *bytes = NULL;
    BIO *out = BIO_new(BIO_s_mem());
    must(PEM_write_bio_PUBKEY(out, key) == 1);
    long len = BIO_get_mem_data(out, &bytes);
    char *text = strndup(bytes, (size_t)len);
    BIO_free(out);
    return text;
}

static char *signed_part(const char *header, const char *payload)
{
    char *first = base64url(header, strlen(header));
    char *second = base64url(payload, strlen(payload));
    char *part = format("%s.%s", first, second);
    free(first);
    free(second);
    return part;
}

static char *append_signature(char *part, const void *signature, size_t len)
{
    char *last = base64url(signature, len);
    char *token = format("%s.%s", part, last);
    free(last);
    free(part);
    return token;
}

char *raw_token(const char *header, const char *payload, const void *signature, size_t len)
{
    return append_signature(signed_part(header, payload), signature, len);
}

char *hmac_token(const void *key, size_t len, const char *header, const char *payload)
{
    char *part = signed_part(header, payload);
    unsigned char code[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    must(HMAC(EVP_sha256(), key, (int)len, (unsigned char *)part, strlen(part), code, &size) !=
         NULL);
    return append_signature(part, code, size);
}

/* DER to r and s side by side (RFC 7518 §3.4). */
static size_t to_raw(EVP_PKEY *key, unsigned char *signature, size_t len)
{
    const unsigned char *at = signature;
    int half = curve_bytes(key);
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, (long)len);
    must(numbers != NULL);
    must(BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, half) == half);
    must(BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + half, half) == half);
    ECDSA_SIG_free(numbers);
    return (size_t)half * 2;
}

char *sign_token(EVP_PKEY *key, enum signing how, const char *header, const char *payload)
{
    char *part = signed_part(header, payload);
    unsigned char signature[2048];
    size_t len = sizeof(signature);
    EVP_PKEY_CTX *parameters = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(EVP_DigestSignInit(context, &parameters, EVP_sha256(), NULL, key) == 1);
    if (how == SIGN_PS256 || how == SIGN_PS256_NO_SALT) {
        must(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1);
        must(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, how == SIGN_PS256 ? 32 : 0) == 1);
    }
    must(EVP_DigestSign(context, signature, &len, (unsigned char *)part, strlen(part)) == 1);
    EVP_MD_CTX_free(context);
    if (how == SIGN_ES256)
        len = to_raw(key, signature, len);
    return append_signature(part, signature, len);
}

char *good_claims(const char *members)
{
    long now = (long)time(NULL);
    return format("{\"iss\":\"" GOOD_ISSUER "\",\"aud\":\"gavel\",\"sub\":\"ds-001\","
                  "\"typ\":\"Bearer\",\"iat\":%ld,\"exp\":%ld%s}",
                  now, now + 3600, members);
}

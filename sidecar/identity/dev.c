/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/dev.h"
#include "policies/engine/base/sha256.h"
#include "policies/engine/base/text.h"
#include "sidecar/identity/file.h"
#include "sidecar/identity/limits.h"
#include <cjose/cjose.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Hexadecimal digits of the kid. */
#define KID_LENGTH 16

/* --- making --- */

static bool write_key(int fd, const char *path, struct gv_error *err)
{
    /* The mode is set again: umask may have taken bits of it away. */
    if (fchmod(fd, S_IRUSR | S_IWUSR) != 0)
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot protect %s", path);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *out = BIO_new_fd(fd, BIO_NOCLOSE);
    bool written = key && out && PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;
    bool synced = written && fsync(fd) == 0;
    BIO_free(out);
    EVP_PKEY_free(key);
    if (synced)
        return true;
    ERR_clear_error();
    if (written)
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot write %s", path);
    return gv_error_set(err, GV_ERROR_CRYPTO, "cannot make a key for %s, or not write it", path);
}

/* Makes the directory's entry durable. What cannot be synced is not fatal: at worst the next start
 * makes another key. */
static void sync_directory(const char *path)
{
    char *copy = strdup(path);
    char *slash = copy ? strrchr(copy, '/') : NULL;
    if (slash)
        slash[slash == copy ? 1 : 0] = '\0';
    int fd = copy ? open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(copy);
}

/* Gives the finished file its name; whoever comes second keeps the first one's key. */
static bool publish(const char *temporary, const char *path, struct gv_error *err)
{
    if (link(temporary, path) != 0 && errno != EEXIST)
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot make %s", path);
    sync_directory(path);
    return true;
}

static bool make_key(const char *path, struct gv_error *err)
{
    struct gv_text temporary = GV_TEXT_INIT;
    gv_text_format(&temporary, "%s.XXXXXX", path);
    char *name = gv_text_take(&temporary);
    if (!name)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) {
        gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot make the dev key %s", path);
        free(name);
        return false;
    }
    bool made = write_key(fd, path, err);
    close(fd);
    made = made && publish(name, path, err);
    unlink(name);
    free(name);
    return made;
}

bool gv_dev_key_ensure(const char *path, struct gv_error *err)
{
    struct stat status;
    if (lstat(path, &status) == 0)
        return true;
    if (errno != ENOENT)
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot look at the dev key %s", path);
    return make_key(path, err);
}

/* --- reading --- */

static bool is_private(const char *path, const struct stat *status, struct gv_error *err)
{
    if (status->st_uid != geteuid())
        return gv_error_set(err, GV_ERROR_REFUSED,
                            "the dev key %s belongs to user %u, not to the one who runs Gavel (%u)",
                            path, status->st_uid, geteuid());
    if ((status->st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return gv_error_set(err, GV_ERROR_REFUSED,
                            "the dev key %s is open to others (mode %04o); whoever reads it can be "
                            "anybody: chmod 600 it, or delete it to get a new one",
                            path, status->st_mode & 07777);
    return true;
}

/* An encrypted key must not make OpenSSL ask for a password on the terminal. */
static int no_password(char *buffer, int size, int for_writing, void *ctx)
{
    (void)buffer, (void)size, (void)for_writing, (void)ctx;
    return -1;
}

static EVP_PKEY *read_pem(const char *path, struct gv_error *err)
{
    size_t len = 0;
    struct stat status;
    char *text = gv_file_load(path, O_NOFOLLOW, GV_DEV_KEY_MOST_BYTES, &len, &status, err);
    if (!text) {
        gv_error_prefix(err, "dev key");
        return NULL;
    }
    EVP_PKEY *key = NULL;
    if (is_private(path, &status, err)) {
        BIO *in = BIO_new_mem_buf(text, (int)len);
        key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL;
        BIO_free(in);
        ERR_clear_error();
        if (!key)
            gv_error_set(err, GV_ERROR_CRYPTO,
                         "%s holds no private key in PEM; delete it to get a new one", path);
    }
    OPENSSL_cleanse(text, len);
    free(text);
    return key;
}

/* One number of the key, as 32 bytes. */
static bool get_number(const EVP_PKEY *key, const char *name, unsigned char out[32])
{
    BIGNUM *number = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_bn2binpad(number, out, 32) == 32;
    BN_clear_free(number);
    return ok;
}

static bool set_kid(cjose_jwk_t *jwk, const unsigned char *x, const unsigned char *y)
{
    struct gv_slice parts[] = {{(const char *)x, 32}, {(const char *)y, 32}};
    unsigned char digest[GV_SHA256_SIZE];
    char hex[GV_SHA256_HEX_SIZE];
    gv_sha256_of_parts(parts, 2, digest);
    gv_sha256_hex(digest, hex);
    /* libcjose copies len + 1 bytes and takes the last one for the final NUL. */
    hex[KID_LENGTH] = '\0';
    return cjose_jwk_set_kid(jwk, hex, KID_LENGTH, NULL);
}

static cjose_jwk_t *to_jwk(const EVP_PKEY *key)
{
    unsigned char x[32];
    unsigned char y[32];
    unsigned char d[32];
    cjose_jwk_ec_keyspec spec = {CJOSE_JWK_EC_P_256, d, sizeof(d), x, sizeof(x), y, sizeof(y)};
    char group[32] = "";
    if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
        strcmp(group, "prime256v1") != 0)
        return NULL;
    cjose_jwk_t *jwk = NULL;
    if (get_number(key, OSSL_PKEY_PARAM_EC_PUB_X, x) &&
        get_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, y) &&
        get_number(key, OSSL_PKEY_PARAM_PRIV_KEY, d))
        jwk = cjose_jwk_create_EC_spec(&spec, NULL);
    OPENSSL_cleanse(d, sizeof(d));
    if (!jwk || set_kid(jwk, x, y))
        return jwk;
    cjose_jwk_release(jwk);
    return NULL;
}

cjose_jwk_t *gv_dev_key_load(const char *path, struct gv_error *err)
{
    EVP_PKEY *key = read_pem(path, err);
    if (!key)
        return NULL;
    cjose_jwk_t *jwk = to_jwk(key);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!jwk)
        gv_error_set(err, GV_ERROR_CRYPTO,
                     "the key in %s is not on P-256; delete it to get a new one", path);
    return jwk;
}

char *gv_dev_key_jwks(const char *path, struct gv_error *err)
{
    cjose_jwk_t *jwk = gv_dev_key_load(path, err);
    if (!jwk)
        return NULL;
    struct gv_text text = GV_TEXT_INIT;
    char *json = cjose_jwk_to_json(jwk, false, NULL);
    cjose_jwk_release(jwk);
    if (json)
        gv_text_format(&text, "{\"keys\":[%s]}", json);
    char *set = json ? gv_text_take(&text) : NULL;
    if (json)
        cjose_get_dealloc()(json);
    if (!set)
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    return set;
}

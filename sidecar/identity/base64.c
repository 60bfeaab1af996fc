/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/base64.h"

/* The six bits of a character, or -1. */
static int bits_of(char c, enum gv_base64 alphabet)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (alphabet == GV_BASE64_URL ? '-' : '+'))
        return 62;
    if (c == (alphabet == GV_BASE64_URL ? '_' : '/'))
        return 63;
    return -1;
}

/* Cuts the padding off; false unless there is exactly as much as RFC 4648 §4 demands. */
static bool strip_padding(struct gv_slice *text)
{
    if (text->len % 4 != 0)
        return false;
    for (int i = 0; i < 2 && text->len > 0 && text->ptr[text->len - 1] == '='; i++)
        text->len--;
    return true;
}

bool gv_base64_decode(struct gv_slice text, enum gv_base64 alphabet, void *out, size_t size,
                      size_t *ret_len)
{
    if (alphabet == GV_BASE64_STANDARD && !strip_padding(&text))
        return false;
    size_t len = text.len / 4 * 3 + (text.len % 4 * 6) / 8;
    if (text.len % 4 == 1 || len > size)
        return false;

    unsigned char *at = out;
    unsigned pending = 0;
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        int bits = bits_of(text.ptr[i], alphabet);
        if (bits < 0)
            return false;
        pending = (pending << 6 | (unsigned)bits) & 0xfff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *at++ = (unsigned char)(pending >> count & 0xff);
        }
    }
    /* The bits that no byte takes must be zero, else several texts would decode alike. */
    if ((pending & ((1u << count) - 1)) != 0)
        return false;
    *ret_len = len;
    return true;
}

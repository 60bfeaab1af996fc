/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/json_string.h"

#include <endian.h>
#include <stdint.h>

struct cursor {
    char *from; /* what is read next */
    char *to;   /* where the next byte of the result goes; never behind `from` */
    const char *end;
    const char *wrong;
};

/*
 * Marks, with its highest bit, the first of eight bytes (the least significant first) that is a
 * quote, a backslash or a control character: a subtraction borrows there. Bits above the first
 * mark mean nothing, because the borrow runs on.
 */
static uint64_t mark_special(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101ULL;
    const uint64_t high = 0x8080808080808080ULL;
    uint64_t quote = eight ^ (ones * '"');
    uint64_t backslash = eight ^ (ones * '\\');
    uint64_t found = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                     ((eight - ones * 0x20) & ~eight);
    return found & high;
}

/* The first byte that does not stand for itself. The NUL at the end stops it. */
static char *skip_plain(char *at, const char *end)
{
    uint64_t eight;
    while ((size_t)(end - at) >= sizeof(eight)) {
        memcpy(&eight, at, sizeof(eight));
        uint64_t marks = mark_special(le64toh(eight));
        if (marks != 0) {
            return at + __builtin_ctzll(marks) / 8;
        }
        at += sizeof(eight);
    }
    while ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\') {
        at++;
    }
    return at;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Four hexadecimal digits, or -1. Reads no further than the NUL at the end. */
static int32_t read_unit(const char *at)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

static void put_character(struct cursor *c, uint32_t code)
{
    if (code < 0x80) {
        *c->to++ = (char)code;
        return;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    *c->to++ = (char)(leads[more] | (code >> (6 * more)));
    while (more-- > 0) {
        *c->to++ = (char)(0x80 | ((code >> (6 * more)) & 0x3F));
    }
}

static bool refuse(struct cursor *c, const char *wrong)
{
    c->wrong = wrong;
    return false;
}

/* "u00e9" or "ud83d\ude00", from behind the backslash. */
static bool read_unicode(struct cursor *c)
{
    int32_t unit = read_unit(c->from + 1);
    if (unit < 0) {
        return refuse(c, "\\u without four hexadecimal digits behind it");
    }
    if (is_low_surrogate(unit)) {
        return refuse(c, "the second half of a surrogate pair without the first");
    }
    uint32_t code = (uint32_t)unit;
    const char *behind = c->from + 5;
    if (is_high_surrogate(unit)) {
        int32_t low = behind[0] == '\\' && behind[1] == 'u' ? read_unit(behind + 2) : -1;
        if (!is_low_surrogate(low)) {
            return refuse(c, "the first half of a surrogate pair without the second");
        }
        code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
        c->from += 6;
    }
    c->from += 5;
    put_character(c, code);
    return true;
}

/* What the letter behind a backslash stands for; NUL when it stands for nothing. */
static char escaped(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

/* From the backslash on. */
static bool read_escape(struct cursor *c)
{
    char letter = c->from[1];
    if (letter == 'u') {
        c->from++;
        return read_unicode(c);
    }
    char meaning = escaped(letter);
    if (meaning == '\0') {
        return refuse(c, "an unknown escape; write \\\\ for a backslash");
    }
    *c->to++ = meaning;
    c->from += 2;
    return true;
}

/* Moves what stands for itself down over the escapes before it. */
static void move_plain(struct cursor *c)
{
    char *stop = skip_plain(c->from, c->end);
    size_t len = (size_t)(stop - c->from);
    memmove(c->to, c->from, len);
    c->to += len;
    c->from = stop;
}

static struct gv_json_string finish(const struct cursor *c, char *start)
{
    if (c->wrong) {
        return (struct gv_json_string){.next = c->from, .wrong = c->wrong};
    }
    *c->to = '\0';
    return (struct gv_json_string){
        .text = {start, (size_t)(c->to - start)},
        .next = c->from + 1,
    };
}

struct gv_json_string gv_json_read_string(char *start, const char *end)
{
    char *stop = skip_plain(start, end);
    struct cursor c = {.from = stop, .to = stop, .end = end};
    /* Most strings have no escape and end here. */
    while (*c.from == '\\' && read_escape(&c)) {
        move_plain(&c);
    }
    if (!c.wrong && *c.from != '"') {
        c.wrong = c.from == end ? "the end of the text inside a string; close the quote"
                                : "a control character inside a string; write it as \\u and four "
                                  "hexadecimal digits";
    }
    return finish(&c, start);
}

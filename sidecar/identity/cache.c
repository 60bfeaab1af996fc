/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/cache.h"
#include "policies/engine/base/panic.h"
#include "sidecar/identity/principal.h"
#include <stdlib.h>

/* Entries are numbered from 1; 0 is none. Two lists run through them: the chain of their bucket,
 * and the order of their use, which is a ring through entry 0. Free ones are chained too. */
struct entry {
    unsigned char digest[GV_SHA256_SIZE];
    const struct gv_principal *principal;
    size_t size;
    unsigned chain;
    unsigned newer;
    unsigned older;
};

struct gv_cache {
    struct entry *entries; /* most + 1; [0] is the ring's head */
    unsigned *buckets;
    unsigned bucket_mask;
    unsigned most;
    unsigned count;
    unsigned made; /* entries ever used: those behind have never been touched */
    unsigned unused;
    size_t bytes;
    size_t most_bytes;
};

struct gv_cache *gv_cache_new(unsigned entries, size_t bytes)
{
    unsigned buckets = 1;
    while (buckets < entries)
        buckets *= 2;
    struct gv_cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return NULL;
    cache->entries = calloc((size_t)entries + 1, sizeof(*cache->entries));
    cache->buckets = calloc(buckets, sizeof(*cache->buckets));
    if (!cache->entries || !cache->buckets)
        return gv_cache_free(cache);
    cache->bucket_mask = buckets - 1;
    cache->most = entries;
    cache->most_bytes = bytes;
    return cache;
}

struct gv_cache *gv_cache_free(struct gv_cache *cache)
{
    if (!cache)
        return NULL;
    if (cache->entries && cache->buckets)
        gv_cache_clear(cache);
    free(cache->entries);
    free(cache->buckets);
    free(cache);
    return NULL;
}

/* The digests are of tokens that an issuer signed, so nobody chooses their bucket. */
static unsigned *bucket_of(struct gv_cache *cache, const unsigned char *digest)
{
    unsigned hash = 0;
    memcpy(&hash, digest, sizeof(hash));
    return &cache->buckets[hash & cache->bucket_mask];
}

static unsigned *find(struct gv_cache *cache, const unsigned char *digest)
{
    unsigned *at = bucket_of(cache, digest);
    while (*at != 0 && memcmp(cache->entries[*at].digest, digest, GV_SHA256_SIZE) != 0)
        at = &cache->entries[*at].chain;
    return at;
}

static void leave_ring(struct gv_cache *cache, unsigned index)
{
    struct entry *entry = &cache->entries[index];
    cache->entries[entry->newer].older = entry->older;
    cache->entries[entry->older].newer = entry->newer;
}

static void enter_ring(struct gv_cache *cache, unsigned index)
{
    struct entry *head = &cache->entries[0];
    cache->entries[index].newer = 0;
    cache->entries[index].older = head->older;
    cache->entries[head->older].newer = index;
    head->older = index;
}

const struct gv_principal *gv_cache_get(struct gv_cache *cache,
                                        const unsigned char digest[GV_SHA256_SIZE])
{
    unsigned index = *find(cache, digest);
    if (index == 0)
        return NULL;
    leave_ring(cache, index);
    enter_ring(cache, index);
    return cache->entries[index].principal;
}

void gv_cache_drop(struct gv_cache *cache, const unsigned char digest[GV_SHA256_SIZE])
{
    unsigned *at = find(cache, digest);
    unsigned index = *at;
    if (index == 0)
        return;
    struct entry *entry = &cache->entries[index];
    *at = entry->chain;
    leave_ring(cache, index);
    gv_principal_unref(entry->principal);
    entry->principal = NULL;
    entry->chain = cache->unused;
    cache->unused = index;
    cache->count--;
    cache->bytes -= entry->size;
}

/* Drops the entry that was not used for longest. */
static void drop_oldest(struct gv_cache *cache)
{
    unsigned char digest[GV_SHA256_SIZE];
    memcpy(digest, cache->entries[cache->entries[0].newer].digest, sizeof(digest));
    gv_cache_drop(cache, digest);
}

static unsigned take_unused(struct gv_cache *cache)
{
    unsigned index = cache->unused;
    if (index == 0)
        return ++cache->made;
    cache->unused = cache->entries[index].chain;
    return index;
}

void gv_cache_put(struct gv_cache *cache, const unsigned char digest[GV_SHA256_SIZE],
                  const struct gv_principal *principal)
{
    size_t size = gv_principal_size(principal);
    gv_cache_drop(cache, digest);
    if (size > cache->most_bytes || cache->most == 0)
        return;
    while (cache->count == cache->most || cache->bytes + size > cache->most_bytes)
        drop_oldest(cache);

    unsigned index = take_unused(cache);
    gv_invariant(index <= cache->most, "the token cache has more entries than it may");
    struct entry *entry = &cache->entries[index];
    unsigned *bucket = bucket_of(cache, digest);
    memcpy(entry->digest, digest, GV_SHA256_SIZE);
    entry->principal = gv_principal_ref(principal);
    entry->size = size;
    entry->chain = *bucket;
    *bucket = index;
    enter_ring(cache, index);
    cache->count++;
    cache->bytes += size;
}

void gv_cache_clear(struct gv_cache *cache)
{
    while (cache->count > 0)
        drop_oldest(cache);
}

unsigned gv_cache_count(const struct gv_cache *cache)
{
    return cache->count;
}

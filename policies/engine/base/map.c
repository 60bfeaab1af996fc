/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/map.h"
#include "policies/engine/base/grow.h"
#include "policies/engine/base/panic.h"
#include "policies/engine/base/siphash.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

/*
 * Two arrays: entries in the order of insertion, and a table of slots, a power of two, that leads
 * from a hash to an entry by linear probing. A removed entry keeps its slot with a NULL key, so
 * that probing goes on past it, until the table is rebuilt.
 */
struct entry {
    char *key; /* NULL: removed */
    size_t key_len;
    uint64_t hash;
    void *value;
};

#define GV_MAP_EMPTY UINT32_MAX
/* Slots of the first table. */
#define GV_MAP_FIRST_SLOTS 16

struct gv_map {
    struct entry *entries;
    size_t entries_capacity;
    size_t used;  /* entries, the removed ones too */
    size_t count; /* entries without the removed ones */
    uint32_t *slots;
    size_t slots_count; /* 0 or a power of two */
};

static uint64_t process_key[2];
static pthread_once_t process_key_once = PTHREAD_ONCE_INIT;

static void make_process_key(void)
{
    char *bytes = (char *)process_key;
    size_t have = 0;
    while (have < sizeof(process_key)) {
        ssize_t got = getrandom(bytes + have, sizeof(process_key) - have, 0);
        gv_invariant(got > 0 || (got < 0 && errno == EINTR), "the system gives no random bytes");
        have += got > 0 ? (size_t)got : 0;
    }
}

uint64_t gv_map_hash(struct gv_slice key)
{
    pthread_once(&process_key_once, make_process_key);
    return gv_siphash(key, process_key[0], process_key[1]);
}

struct gv_map *gv_map_new(void)
{
    return calloc(1, sizeof(struct gv_map));
}

struct gv_map *gv_map_free(struct gv_map *map, void (*free_value)(void *value))
{
    if (!map) {
        return NULL;
    }
    for (size_t i = 0; i < map->used; i++) {
        if (map->entries[i].key && free_value) {
            free_value(map->entries[i].value);
        }
        free(map->entries[i].key);
    }
    free(map->entries);
    free(map->slots);
    free(map);
    return NULL;
}

static bool is_key(const struct entry *entry, struct gv_slice key, uint64_t hash)
{
    return entry->key && entry->hash == hash &&
           gv_slice_equal((struct gv_slice){entry->key, entry->key_len}, key);
}

static struct entry *find(const struct gv_map *map, struct gv_slice key, uint64_t hash)
{
    if (map->slots_count == 0) {
        return NULL;
    }
    size_t mask = map->slots_count - 1;
    for (size_t at = (size_t)hash & mask; map->slots[at] != GV_MAP_EMPTY; at = (at + 1) & mask) {
        struct entry *entry = &map->entries[map->slots[at]];
        if (is_key(entry, key, hash)) {
            return entry;
        }
    }
    return NULL;
}

static void occupy_slot(uint32_t *slots, size_t slots_count, uint64_t hash, size_t entry)
{
    size_t mask = slots_count - 1;
    size_t at = (size_t)hash & mask;
    while (slots[at] != GV_MAP_EMPTY) {
        at = (at + 1) & mask;
    }
    slots[at] = (uint32_t)entry;
}

/* Closes the gaps that removed entries left. */
static void compact(struct gv_map *map)
{
    size_t to = 0;
    for (size_t from = 0; from < map->used; from++) {
        if (map->entries[from].key) {
            map->entries[to++] = map->entries[from];
        }
    }
    map->used = to;
}

/* Builds a table of which at most half is taken with one entry more. */
static bool rebuild(struct gv_map *map)
{
    size_t wanted = GV_MAP_FIRST_SLOTS;
    while (wanted / 2 < map->count + 1) {
        wanted *= 2;
    }
    if (wanted >= GV_MAP_EMPTY) {
        return false;
    }
    uint32_t *slots = reallocarray(NULL, wanted, sizeof(*slots));
    if (!slots) {
        return false;
    }
    memset(slots, 0xFF, wanted * sizeof(*slots));
    compact(map);
    for (size_t i = 0; i < map->used; i++) {
        occupy_slot(slots, wanted, map->entries[i].hash, i);
    }
    free(map->slots);
    map->slots = slots;
    map->slots_count = wanted;
    return true;
}

static bool make_room(struct gv_map *map)
{
    if ((map->used + 1) > map->slots_count / 3 * 2 && !rebuild(map)) {
        return false;
    }
    struct entry *entries =
        gv_grow(map->entries, &map->entries_capacity, map->used + 1, sizeof(*entries));
    if (!entries) {
        return false;
    }
    map->entries = entries;
    return true;
}

static char *copy_key(struct gv_slice key)
{
    char *copy = key.len < SIZE_MAX ? malloc(key.len + 1) : NULL;
    if (copy) {
        if (key.len > 0) {
            memcpy(copy, key.ptr, key.len);
        }
        copy[key.len] = '\0';
    }
    return copy;
}

void *gv_map_get(const struct gv_map *map, struct gv_slice key)
{
    if (map->count == 0) {
        return NULL;
    }
    struct entry *entry = find(map, key, gv_map_hash(key));
    return entry ? entry->value : NULL;
}

bool gv_map_put(struct gv_map *map, struct gv_slice key, void *value, void **previous)
{
    uint64_t hash = gv_map_hash(key);
    struct entry *entry = find(map, key, hash);
    if (entry) {
        if (previous) {
            *previous = entry->value;
        }
        entry->value = value;
        return true;
    }
    char *copy = make_room(map) ? copy_key(key) : NULL;
    if (!copy) {
        return false;
    }
    map->entries[map->used] = (struct entry){copy, key.len, hash, value};
    occupy_slot(map->slots, map->slots_count, hash, map->used);
    map->used++;
    map->count++;
    if (previous) {
        *previous = NULL;
    }
    return true;
}

void *gv_map_remove(struct gv_map *map, struct gv_slice key)
{
    struct entry *entry = map->count > 0 ? find(map, key, gv_map_hash(key)) : NULL;
    if (!entry) {
        return NULL;
    }
    void *value = entry->value;
    free(entry->key);
    *entry = (struct entry){0};
    map->count--;
    return value;
}

size_t gv_map_count(const struct gv_map *map)
{
    return map->count;
}

bool gv_map_next(const struct gv_map *map, size_t *at, struct gv_slice *key, void **value)
{
    while (*at < map->used) {
        const struct entry *entry = &map->entries[(*at)++];
        if (!entry->key) {
            continue;
        }
        if (key) {
            *key = (struct gv_slice){entry->key, entry->key_len};
        }
        if (value) {
            *value = entry->value;
        }
        return true;
    }
    return false;
}

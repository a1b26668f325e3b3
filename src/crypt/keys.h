/*
 * Keys: one master key a data folder, in a file of its own outside the folder; every other key is derived from it.
 *
 * The master key never encrypts anything itself. A derived key has a context of eight characters that says what it is
 * for ("store   ", "segment ") and a number (of the organisation, or 0), so that two uses never share a key. Whoever
 * holds a struct key wipes it with key_wipe (usable with CLEANUP). Plain values: no threading rules.
 */
#pragma once

#include "base/err.h"
#include "base/util.h"

#define KEY_BYTES 32
#define KEY_CONTEXT_BYTES 8

/* Contexts in use. Changing one makes what was written under it unreadable. */
#define KEY_STORE "vtrstore"
#define KEY_SEGMENT "vtrsegmt"
#define KEY_UPLOAD "vtrspool"
#define KEY_BACKUP "vtrbackp"
#define KEY_TEMPLATE "vtrtmplt"

struct key {
	unsigned char bytes[KEY_BYTES];
};

/* libsodium made ready; every function of this layer does it itself. False when the machine has no randomness. */
MUST_CHECK bool crypt_init(struct err *e);

/*
 * Makes a random key and its file (mode 0600; an existing file is refused with ERR_CONFLICT), flushed to the disk with
 * its folder. The file is one line of text: "vitrina-key-1 " and 64 hexadecimal digits.
 */
MUST_CHECK bool key_create(const char *path, struct key *ret, struct err *e);
/* Refuses a file that others than its owner can read, and one that is not a key. */
MUST_CHECK bool key_load(const char *path, struct key *ret, struct err *e);
/* A random key that is in no file. */
void key_random(struct key *ret);
/* The key for one use: BLAKE2b through crypto_kdf. context has KEY_CONTEXT_BYTES characters. */
void key_derive(const struct key *master, const char *context, uint64_t number, struct key *ret);
void key_wipe(struct key *k);

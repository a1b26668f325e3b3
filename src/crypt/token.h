/*
 * Tokens: 256 random bits in base64url behind a prefix that a secret scanner and a person recognise. The store keeps
 * only the hash (BLAKE2b-256, hexadecimal); with that much randomness a plain hash needs no salt. No state, any thread.
 */
#pragma once

#include "base/str.h"
#include "base/util.h"

#define TOKEN_TEXT 48 /* prefix, 43 characters, NUL */
#define TOKEN_HASH 65 /* 64 hexadecimal digits, NUL */

#define TOKEN_API "vtr_"
#define TOKEN_SESSION "vts_"
#define TOKEN_INVITATION "vti_"
#define TOKEN_WEBHOOK "vtw_"

/* prefix: one of the above, four characters. */
void token_make(const char *prefix, char ret[TOKEN_TEXT]);
/* The prefix, the length and the alphabet are right: worth a look-up. */
bool token_well_formed(struct str token, const char *prefix);
void token_hash(struct str token, char ret[TOKEN_HASH]);
/* The same as bytes: for what stays in memory. */
#define TOKEN_DIGEST 32
void token_digest(struct str token, unsigned char ret[TOKEN_DIGEST]);
/* BLAKE2b-256 of any bytes, hexadecimal: for checksums and names that must not show what they stand for. */
void hash_hex(struct str bytes, char ret[TOKEN_HASH]);
/* In a time that depends on the length only. */
bool secret_equal(struct str a, struct str b);

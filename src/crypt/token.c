#include "crypt/token.h"

#include <sodium.h>

#define RANDOM_BYTES 32
#define PREFIX_BYTES 4
#define BASE64_BYTES 43

void token_make(const char *prefix, char ret[TOKEN_TEXT])
{
	unsigned char secret[RANDOM_BYTES];
	randombytes_buf(secret, sizeof secret);
	memcpy(ret, prefix, PREFIX_BYTES);
	sodium_bin2base64(ret + PREFIX_BYTES, TOKEN_TEXT - PREFIX_BYTES, secret, sizeof secret,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(secret, sizeof secret);
}

bool token_well_formed(struct str token, const char *prefix)
{
	if (token.n != PREFIX_BYTES + BASE64_BYTES || memcmp(token.p, prefix, PREFIX_BYTES) != 0)
		return false;
	for (size_t i = PREFIX_BYTES; i < token.n; i++) {
		char c = token.p[i];
		bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
			  c == '_';
		if (!ok)
			return false;
	}
	return true;
}

void token_digest(struct str token, unsigned char ret[TOKEN_DIGEST])
{
	crypto_generichash(ret, TOKEN_DIGEST, (const unsigned char *)token.p, token.n, NULL, 0);
}

void hash_hex(struct str bytes, char ret[TOKEN_HASH])
{
	unsigned char digest[TOKEN_DIGEST];
	token_digest(bytes, digest);
	sodium_bin2hex(ret, TOKEN_HASH, digest, sizeof digest);
}

void token_hash(struct str token, char ret[TOKEN_HASH])
{
	hash_hex(token, ret);
}

bool secret_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

#include "crypt/sign.h"

#include <sodium.h>
#include <stdio.h>

void sign_body(struct str secret, int64_t timestamp, struct str body, char ret[SIGN_HEX])
{
	crypto_auth_hmacsha256_state s;
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char head[32];
	int n = snprintf(head, sizeof head, "%lld.", (long long)timestamp);
	crypto_auth_hmacsha256_init(&s, (const unsigned char *)secret.p, secret.n);
	crypto_auth_hmacsha256_update(&s, (const unsigned char *)head, (size_t)n);
	crypto_auth_hmacsha256_update(&s, (const unsigned char *)body.p, body.n);
	crypto_auth_hmacsha256_final(&s, mac);
	sodium_bin2hex(ret, SIGN_HEX, mac, sizeof mac);
	sodium_memzero(&s, sizeof s);
}

void base64_add(struct buf *b, struct str bytes)
{
	size_t room = sodium_base64_ENCODED_LEN(bytes.n, sodium_base64_VARIANT_ORIGINAL);
	char *to = buf_reserve(b, room);
	if (!to)
		return;
	sodium_bin2base64(to, room, (const unsigned char *)bytes.p, bytes.n, sodium_base64_VARIANT_ORIGINAL);
	b->n += room - 1; /* without the NUL */
}

#include "net/proxies.h"

#include "base/util.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* IPv4 as ::ffff:a.b.c.d; *ret_offset is where its own bits begin. */
static bool parse_address(struct str s, unsigned char ret[16], unsigned *ret_offset)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[PROXY_ADDRESS_BYTES];
	if (s.n == 0 || s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (strlen(text) != s.n)
		return false;
	*ret_offset = 0;
	if (inet_pton(AF_INET6, text, ret) == 1)
		return true;
	memcpy(ret, mapped, sizeof mapped);
	*ret_offset = 96;
	return inet_pton(AF_INET, text, ret + 12) == 1;
}

static bool add_net(struct proxies *p, struct str word, struct err *e)
{
	size_t slash = str_find(word, '/');
	int64_t bits;
	unsigned offset;
	if (p->n == PROXIES_MAX)
		return err_field(e, ERR_USAGE, "trusted_proxies", "trusted_proxies names more than %d networks",
				 PROXIES_MAX);
	unsigned char *address = p->nets[p->n].address;
	if (!parse_address(str_n(word.p, slash), address, &offset))
		return err_field(e, ERR_USAGE, "trusted_proxies", "trusted_proxies: '%.*s' is no address or network",
				 STR_ARG(word));
	bits = 128 - offset;
	if (slash < word.n && (!str_to_i64(str_n(word.p + slash + 1, word.n - slash - 1), &bits) || bits < 0 ||
			       bits > 128 - (int64_t)offset))
		return err_field(e, ERR_USAGE, "trusted_proxies", "trusted_proxies: '%.*s' takes 0 to %u bits",
				 STR_ARG(word), 128 - offset);
	p->nets[p->n++].bits = (unsigned)bits + offset;
	return true;
}

bool proxies_parse(struct str list, struct proxies *ret, struct err *e)
{
	struct proxies p = { 0 };
	while (list.n) {
		size_t n = 0;
		while (n < list.n && list.p[n] != ',' && list.p[n] != ' ' && list.p[n] != '\t')
			n++;
		struct str word = str_n(list.p, n);
		list = str_n(list.p + MIN(n + 1, list.n), list.n - MIN(n + 1, list.n));
		if (str_is(word, "unix"))
			p.local = true;
		else if (n && !add_net(&p, word, e))
			return false;
	}
	*ret = p;
	return true;
}

static bool agree(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool proxies_trust(const struct proxies *p, struct str peer)
{
	unsigned char address[16];
	unsigned offset;
	if (!p || (!p->n && !p->local))
		return false;
	if (str_is(peer, "unix"))
		return p->local;
	if (!parse_address(peer, address, &offset))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (agree(address, p->nets[i].address, p->nets[i].bits))
			return true;
	return false;
}

bool proxies_address(struct str entry, char ret[PROXY_ADDRESS_BYTES])
{
	unsigned char address[16];
	unsigned offset;
	entry = str_trim(entry);
	size_t colon = str_find(entry, ':');
	if (entry.n && entry.p[0] == '[')
		entry = str_n(entry.p + 1, str_find(entry, ']') - 1);
	else if (colon < entry.n &&
		 str_find(str_n(entry.p + colon + 1, entry.n - colon - 1), ':') == entry.n - colon - 1)
		entry = str_n(entry.p, colon); /* one colon: a port */
	if (!parse_address(entry, address, &offset))
		return false;
	bool v4 = offset || memcmp(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
	return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + 12 : address, ret, PROXY_ADDRESS_BYTES) != NULL;
}

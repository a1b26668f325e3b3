#include "connect/call.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* IANA's special-purpose registry, as far as nobody public lives there. */
static const struct {
	uint32_t net;
	int bits;
} special[] = {
	{ 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },  { 0xa9fe0000, 16 },
	{ 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 }, { 0xc0586300, 24 }, { 0xc0a80000, 16 },
	{ 0xc6120000, 15 }, { 0xc6336400, 24 }, { 0xcb007100, 24 }, { 0xe0000000, 4 },  { 0xf0000000, 4 },
};

static bool four_is_private(uint32_t a)
{
	for (size_t i = 0; i < countof(special); i++)
		if ((a ^ special[i].net) >> (32 - special[i].bits) == 0)
			return true;
	return false;
}

static uint32_t four_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool six_is_private(const unsigned char p[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char translated[12] = { 0, 0x64, 0xff, 0x9b };
	if (memcmp(p, mapped, 12) == 0 || memcmp(p, translated, 12) == 0)
		return four_is_private(four_at(p + 12));
	if (p[0] == 0x20 && p[1] == 0x02) /* 6to4 carries an address of the other kind */
		return four_is_private(four_at(p + 2));
	if (p[0] == 0x20 && p[1] == 0x01 && (p[2] < 2 || (p[2] == 0x0d && p[3] == 0xb8)))
		return true;          /* Teredo and its like; documentation */
	return (p[0] & 0xe0) != 0x20; /* only 2000::/3 is given out */
}

bool address_is_private(const struct sockaddr *a)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	if (a->sa_family == AF_INET) {
		memcpy(&four, a, sizeof four);
		return four_is_private(ntohl(four.sin_addr.s_addr));
	}
	if (a->sa_family == AF_INET6) {
		memcpy(&six, a, sizeof six);
		return six_is_private(six.sin6_addr.s6_addr);
	}
	return true;
}

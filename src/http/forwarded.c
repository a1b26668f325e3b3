/* Who really asks, when a proxy that we believe stands in between. */
#include "http/internal.h"

/*
 * Each proxy adds whom it heard from at the end, so the list is believed from its end, as long as it names proxies
 * of ours; the first other one is the client. What a client wrote itself stands further to the left.
 */
static bool step(const struct proxies *trusted, struct str list, char address[PROXY_ADDRESS_BYTES])
{
	while (list.n) {
		size_t at = list.n;
		while (at && list.p[at - 1] != ',')
			at--;
		if (!proxies_address(str_n(list.p + at, list.n - at), address) ||
		    !proxies_trust(trusted, str_of(address)))
			return false;
		list.n = at ? at - 1 : 0;
	}
	return true;
}

void forwarded_read(struct request *q)
{
	const struct proxies *trusted = q->server->config.net.proxies;
	struct exchange *x = q->x;
	char address[PROXY_ADDRESS_BYTES] = "";
	if (!proxies_trust(trusted, str_of(x->address)))
		return;
	for (size_t i = x->head.n_headers; i-- > 0;)
		if (str_ieq(x->head.headers[i].name, STR("x-forwarded-for")) &&
		    !step(trusted, x->head.headers[i].value, address))
			break;
	if (address[0])
		x->address = arena_strdup(&x->arena, address);
	if (str_ieq(request_header(q, "x-forwarded-proto"), STR("https")))
		x->tls = true; /* so that cookies are marked Secure */
}

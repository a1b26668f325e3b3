#include "connect/call.h"

#include <curl/curl.h>
#include <sys/socket.h>

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct call_guard *g = ctx;
	if (!g->any_address && address_is_private(&a->addr)) {
		g->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int ask_cancel(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct call_guard *g = ctx;
	return g->cancel && atomic_load(g->cancel);
}

void call_limits(void *curl, const struct connect_options *o, struct call_guard *guard, const char *protocols)
{
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CALL_CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)o->seconds);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->authorities)
		curl_easy_setopt(curl, CURLOPT_CAINFO, o->authorities);
	guard->any_address = guard->any_address || o->private_allowed;
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, guard);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_cancel);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, guard);
}

bool call_failed(int code, const struct call_guard *guard, struct err *e)
{
	if (guard->refused)
		return err_set(
			e, ERR_FORBIDDEN, "private_address",
			"the address is in a private network, which the setting outbound_private does not allow");
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(e, ERR_CANCELLED, NULL, "the server is stopping");
	const char *word = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ? "certificate"
			   : code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CONNECT_ERROR        ? "encryption"
			   : code == CURLE_LOGIN_DENIED                                             ? "login"
												    : "away";
	return err_set(e, ERR_UNAVAILABLE, word, "%s", curl_easy_strerror((CURLcode)code));
}

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
	struct buf *b = ctx;
	buf_add(b, p, size * n);
	return b->failed ? 0 : size * n;
}

static curl_mime *form(CURL *curl, const struct call *c)
{
	curl_mime *mime = curl_mime_init(curl);
	for (size_t i = 0; i < c->n_parts; i++) {
		const struct call_part *p = &c->parts[i];
		curl_mimepart *part = curl_mime_addpart(mime);
		curl_mime_name(part, p->name);
		curl_mime_data(part, p->data.p, p->data.n);
		if (p->file)
			curl_mime_filename(part, p->file);
		if (p->type)
			curl_mime_type(part, p->type);
	}
	return mime;
}

bool call_run(const struct connect_options *o, const struct call *c, long *ret_status, struct buf *ret_body,
	      struct err *e)
{
	struct call_guard guard = { .any_address = c->any_address, .cancel = c->cancel };
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	curl_mime *mime = NULL;
	CURL *curl = curl_easy_init();
	if (!curl || !headers) {
		curl_slist_free_all(headers);
		curl_easy_cleanup(curl);
		return err_set(e, ERR_INTERNAL, NULL, "no memory for a call");
	}
	for (size_t i = 0; c->headers && c->headers[i]; i++)
		headers = curl_slist_append(headers, c->headers[i]);
	call_limits(curl, o, &guard, "http,https");
	curl_easy_setopt(curl, CURLOPT_URL, c->url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Vitrina");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_body);
	if (c->n_parts) {
		mime = form(curl, c);
		curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
	} else {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.n);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, c->body.n ? c->body.p : "");
	}
	CURLcode code = curl_easy_perform(curl);
	long status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_mime_free(mime);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	/* An answer that is too long has told its status, which is what counts. */
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && ret_body->failed && status))
		return call_failed(code, &guard, e);
	*ret_status = status;
	return true;
}

#include "connect/mail.h"

#include "base/utf8.h"
#include "crypt/sign.h"
#include "json/fields.h"

#include <curl/curl.h>
#include <stdio.h>
#include <time.h>

static const char *const security_names[] = { "tls", "starttls", "none", NULL };

bool mail_security_parse(struct str s, enum mail_security *ret)
{
	for (int i = 0; security_names[i]; i++) {
		if (str_is(s, security_names[i])) {
			*ret = (enum mail_security)i;
			return true;
		}
	}
	return false;
}

struct server_body {
	struct str host, security, user, password, from;
	int64_t port;
};
static const struct json_field server_fields[] = {
	{ "host", JSON_FIELD_STR, offsetof(struct server_body, host), true, 1, 253, NULL, "" },
	{ "port", JSON_FIELD_I64, offsetof(struct server_body, port), true, 1, 65535, NULL, "" },
	{ "security", JSON_FIELD_STR, offsetof(struct server_body, security), true, 1, 10, security_names, "" },
	{ "user", JSON_FIELD_STR, offsetof(struct server_body, user), false, 0, 300, NULL, "" },
	{ "password", JSON_FIELD_STR, offsetof(struct server_body, password), false, 0, 1000, NULL, "" },
	{ "from", JSON_FIELD_STR, offsetof(struct server_body, from), true, 1, 254, NULL, "" },
};
static const struct json_table server_table = { "MailServer", server_fields, countof(server_fields) };

bool mail_server_read(struct str json, struct arena *a, struct mail_server *ret, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	struct server_body b = { .user = STR(""), .password = STR("") };
	if (!json_read(json, 16 * KIB, &v, e) || !json_parse(v, &server_table, &b, e))
		return false;
	*ret = (struct mail_server){ .host = arena_strndup(a, b.host.p, b.host.n),
				     .port = b.port,
				     .user = arena_strndup(a, b.user.p, b.user.n),
				     .password = arena_strndup(a, b.password.p, b.password.n),
				     .from = arena_strndup(a, b.from.p, b.from.n) };
	mail_security_parse(b.security, &ret->security);
	ret->security_name = security_names[ret->security];
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the settings of the mail server are too long");
}

bool mail_server_check(const struct mail_server *s, const struct connect_options *o, struct err *e)
{
	for (const char *p = s->host; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		      strchr(".-:[]", *p)))
			return err_field(e, ERR_VALUE, "host", "A mail server is named as mail.example.com.");
	if (!mail_address_valid(str_of(s->from)))
		return err_field(e, ERR_VALUE, "from", "The sender is one e-mail address.");
	for (const char *p = s->user; *p; p++)
		if ((unsigned char)*p < ' ')
			return err_field(e, ERR_VALUE, "user", "A name has no line ends.");
	if (s->security == MAIL_PLAIN && !o->private_allowed)
		return err_field(
			e, ERR_VALUE, "security",
			"A line without encryption is only for private networks (the setting outbound_private).");
	return true;
}

static bool one_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
			return false;
	return true;
}

/* RFC 2047: words of at most 45 bytes of whole letters, a line each. */
static void put_subject(struct buf *b, struct str subject)
{
	buf_adds(b, "Subject: ");
	while (subject.n) {
		size_t n = utf8_valid_prefix(str_n(subject.p, MIN(subject.n, (size_t)42)));
		n = n ? n : 1;
		buf_adds(b, "=?UTF-8?B?");
		base64_add(b, str_n(subject.p, n));
		buf_adds(b, "?=");
		subject = str_n(subject.p + n, subject.n - n);
		if (subject.n)
			buf_adds(b, "\r\n ");
	}
}

static struct curl_slist *head(const struct mail_server *server, const struct mail *m)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * KIB);
	char date[64];
	time_t now = time(NULL);
	struct tm t;
	const char *domain = strchr(server->from, '@');
	gmtime_r(&now, &t);
	strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S +0000", &t);
	struct curl_slist *list = curl_slist_append(NULL, date);
	buf_addf(&b, "From: Vitrina <%s>", server->from);
	list = curl_slist_append(list, b.p);
	buf_clear(&b);
	buf_adds(&b, "To: ");
	struct str rest = str_of(m->to), one;
	for (bool first = true; str_split(&rest, ',', &one); first = false)
		buf_addf(&b, "%s<%.*s>", first ? "" : ",\r\n ", STR_ARG(str_trim(one)));
	list = curl_slist_append(list, b.p);
	buf_clear(&b);
	put_subject(&b, m->subject);
	list = curl_slist_append(list, b.p);
	buf_clear(&b);
	buf_addf(&b, "Message-ID: <%lld.vitrina%s>", (long long)m->delivery, domain ? domain : "@localhost");
	list = curl_slist_append(list, b.p);
	return curl_slist_append(list, "Auto-Submitted: auto-generated");
}

static void put_part(curl_mimepart *part, struct str data, const char *type)
{
	curl_mime_data(part, data.p, data.n);
	curl_mime_type(part, type);
	curl_mime_encoder(part, "base64");
}

static curl_mime *body(CURL *curl, const struct mail *m)
{
	curl_mime *mail = curl_mime_init(curl), *both = curl_mime_init(curl);
	put_part(curl_mime_addpart(both), m->text, "text/plain; charset=utf-8");
	put_part(curl_mime_addpart(both), m->html, "text/html; charset=utf-8");
	curl_mimepart *part = curl_mime_addpart(mail);
	curl_mime_subparts(part, both);
	curl_mime_type(part, "multipart/alternative");
	if (m->picture.n) {
		part = curl_mime_addpart(mail);
		put_part(part, m->picture, "image/png");
		curl_mime_filename(part, "chart.png");
		struct curl_slist *id = curl_slist_append(NULL, "Content-ID: <chart>");
		curl_mime_headers(part, curl_slist_append(id, "Content-Disposition: inline; filename=\"chart.png\""),
				  1);
	}
	return mail;
}

static bool addresses(const char *to, struct curl_slist **ret)
{
	struct str rest = str_of(to), one;
	while (str_split(&rest, ',', &one)) {
		char address[300];
		one = str_trim(one);
		if (!mail_address_valid(one))
			return false;
		snprintf(address, sizeof address, "<%.*s>", STR_ARG(one));
		*ret = curl_slist_append(*ret, address);
	}
	return *ret != NULL;
}

static size_t drop(char *p, size_t size, size_t n, void *ctx)
{
	return size * n;
}

static void outcome(CURL *curl, CURLcode code, const struct call_guard *guard, struct sent *ret)
{
	struct err e = { 0 };
	long said = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &said);
	if (code == CURLE_OK)
		return;
	call_failed((int)code, guard, &e);
	if (e.kind == ERR_CANCELLED)
		ret->result = SENT_STOPPING;
	else if (e.kind == ERR_FORBIDDEN || code == CURLE_LOGIN_DENIED ||
		 (said >= 500 && code != CURLE_COULDNT_CONNECT))
		ret->result = SENT_FAILED;
	else
		ret->result = SENT_AGAIN;
	if (e.kind == ERR_UNAVAILABLE && said >= 400 && code != CURLE_LOGIN_DENIED)
		sent_code(ret, said >= 500 ? "refused" : "busy");
	else
		sent_code(ret, err_code(&e));
	if (said >= 400)
		snprintf(ret->reason, sizeof ret->reason, "the mail server answers %ld: %.200s", said, e.message);
	else
		snprintf(ret->reason, sizeof ret->reason, "the mail server: %.250s", e.message);
}

void mail_send(const struct connect_options *o, const struct mail_server *server, const struct mail *m,
	       const _Atomic bool *cancel, struct sent *ret)
{
	struct call_guard guard = { .cancel = cancel };
	struct curl_slist *to = NULL;
	char url[400], from[300];
	*ret = (struct sent){ .result = SENT_DONE };
	if (!one_line(m->subject) || !addresses(m->to, &to) || !mail_address_valid(str_of(server->from))) {
		curl_slist_free_all(to);
		ret->result = SENT_FAILED;
		sent_code(ret, "address");
		snprintf(ret->reason, sizeof ret->reason, "a subject or an address would end its line");
		return;
	}
	snprintf(url, sizeof url, "%s://%s:%lld", server->security == MAIL_TLS ? "smtps" : "smtp", server->host,
		 (long long)server->port);
	snprintf(from, sizeof from, "<%s>", server->from);
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = head(server, m);
	call_limits(curl, o, &guard, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
			 (long)(server->security == MAIL_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	if (server->user[0]) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
	}
	curl_mime *mime = body(curl, m);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	outcome(curl, curl_easy_perform(curl), &guard, ret);
	curl_mime_free(mime);
	curl_slist_free_all(headers);
	curl_slist_free_all(to);
	curl_easy_cleanup(curl);
}

#include "app/settings.h"

#include "app/cli.h"
#include "base/limits.h"
#include "base/log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_NAME "vitrina.conf"
#define CONF_BYTES (256 * KIB)

const struct setting_def setting_defs[SETTINGS] = {
	[SETTING_LISTEN] = { "listen", SETTING_TYPE_TEXT, "127.0.0.1:8080", 0, 0, 0,
			     "Address and port of the server; port 0 takes a free one." },
	[SETTING_STORE] = { "store", SETTING_TYPE_TEXT, "sqlite", 0, 0, 0,
			    "Where the store is: 'sqlite' is the embedded one, in the data folder." },
	[SETTING_TLS_CERT] = { "tls_cert", SETTING_TYPE_FILE, NULL, 0, 0, 0,
			       "Certificate chain (PEM). With it and tls_key the server speaks TLS 1.3." },
	[SETTING_TLS_KEY] = { "tls_key", SETTING_TYPE_FILE, NULL, 0, 0, 0, "Private key of the certificate (PEM)." },
	[SETTING_KEY_FILE] = { "key_file", SETTING_TYPE_FILE, NULL, 0, 0, 0,
			       "File with the key of the data folder; unless said, it is DATA.key beside the folder." },
	[SETTING_TRUSTED_PROXIES] = { "trusted_proxies", SETTING_TYPE_TEXT, NULL, 0, 0, 0,
				      "Addresses and networks (10.0.0.0/8, ::1, unix) of proxies whose "
				      "X-Forwarded-For is believed." },
	[SETTING_LOG_LEVEL] = { "log_level", SETTING_TYPE_LEVEL, "info", 0, 0, 0,
				"What the server logs: debug, info, warn, error or off." },
	[SETTING_THREADS] = { "threads", SETTING_TYPE_NUMBER, NULL, 0, 0, 256,
			      "Worker threads of the server; 0 = twice the processors, at least 4." },
	[SETTING_JOB_THREADS] = { "job_threads", SETTING_TYPE_NUMBER, NULL, DEFAULT_JOB_THREADS, 1, 64,
				  "Imports and other long work that run at the same time; more wait." },
	[SETTING_SESSION_HOURS] = { "session_hours", SETTING_TYPE_NUMBER, NULL, DEFAULT_SESSION_HOURS, 1, 24 * 365,
				    "Hours without a request after which a sign-in ends." },
	[SETTING_SESSION_REMEMBER_DAYS] = { "session_remember_days", SETTING_TYPE_NUMBER, NULL,
					    DEFAULT_SESSION_REMEMBER_DAYS, 1, 365,
					    "The same in days, for a sign-in that asked to be remembered." },
	[SETTING_INVITATION_DAYS] = { "invitation_days", SETTING_TYPE_NUMBER, NULL, DEFAULT_INVITATION_DAYS, 1, 90,
				      "Days for which the link of an invitation works." },
	[SETTING_ENGINE_MEMORY_MB] = { "engine_memory_mb", SETTING_TYPE_NUMBER, NULL,
				       (int64_t)(LIMIT_ENGINE_MEMORY / MIB), 64, 1024 * 1024,
				       "Memory of one organisation's query engine, in mebibytes." },
	[SETTING_ENGINE_IDLE_SECONDS] = { "engine_idle_seconds", SETTING_TYPE_NUMBER, NULL, LIMIT_ENGINE_IDLE_SECONDS,
					  1, 86400, "Seconds without a query after which an engine is put to sleep." },
	[SETTING_QUERY_SECONDS] = { "query_seconds", SETTING_TYPE_NUMBER, NULL, LIMIT_QUERY_SECONDS, 1, 86400,
				    "Seconds that one query may take." },
	[SETTING_MONGODB_URI] = { "mongodb_uri", SETTING_TYPE_SECRET, NULL, 0, 0, 0,
				  "MongoDB server that holds the voucher list (mongodb://…, with database, credentials "
				  "and TLS as it says); unless said, the store holds it." },
	[SETTING_MONGODB_COLLECTION] = { "mongodb_collection", SETTING_TYPE_TEXT, "vouchers", 0, 0, 0,
					 "Collection of the voucher list." },
	[SETTING_MONGODB_SELECT_MS] = { "mongodb_server_selection_timeout_ms", SETTING_TYPE_NUMBER, NULL,
					DEFAULT_MONGODB_SELECT_MS, 50, 60000,
					"Milliseconds to wait for a MongoDB server that does not answer." },
	[SETTING_MONGODB_SOCKET_MS] = { "mongodb_socket_timeout_ms", SETTING_TYPE_NUMBER, NULL,
					DEFAULT_MONGODB_SOCKET_MS, 50, 600000,
					"Milliseconds to wait for the answer to one operation of MongoDB." },
	[SETTING_TELEGRAM_TOKEN_ALL] = { "telegram_token", SETTING_TYPE_SECRET, NULL, 0, 0, 0,
					 "Token of the bot with which the bank sends to Telegram, unless one is set on "
					 "the page; partners set their own." },
	[SETTING_TELEGRAM_URL] = { "telegram_url", SETTING_TYPE_TEXT, "https://api.telegram.org", 0, 0, 0,
				   "Where the Bot API of Telegram is." },
	[SETTING_OUTBOUND_PRIVATE] = { "outbound_private", SETTING_TYPE_NUMBER, NULL, 0, 0, 1,
				       "1 lets webhooks and mail servers be in private networks and on this machine; 0 "
				       "refuses these." },
	[SETTING_OUTBOUND_CA] = { "outbound_ca", SETTING_TYPE_FILE, NULL, 0, 0, 0,
				  "Certificate authorities (PEM) by which other services are verified, instead of the "
				  "system's." },
	[SETTING_OUTBOUND_SECONDS] = { "outbound_seconds", SETTING_TYPE_NUMBER, NULL, DEFAULT_OUTBOUND_SECONDS, 1, 600,
				       "Seconds that one call to another service may take." },
};

static const char *const source_names[] = { "default", "vitrina.conf", "environment", "option" };

const char *setting_source_name(enum setting_source source)
{
	return source_names[source];
}

const char *setting_text(const struct settings *s, enum setting_id id)
{
	return s->values[id].text;
}

int64_t setting_number(const struct settings *s, enum setting_id id)
{
	return s->values[id].number;
}

void setting_key_path(const struct settings *s, char *ret, size_t cap)
{
	const char *said = setting_text(s, SETTING_KEY_FILE);
	if (said)
		snprintf(ret, cap, "%s", said);
	else
		snprintf(ret, cap, "%s.key", s->dir);
}

void settings_free(struct settings *s)
{
	free(s->dir);
	for (size_t i = 0; i < SETTINGS; i++)
		free(s->values[i].text);
	*s = (struct settings){ 0 };
}

/* Absolute, without . and .. and doubled slashes where the folder exists. malloc. */
static char *absolute_path(const char *path, const char *base)
{
	char joined[4096], real[4096];
	int n = path[0] == '/' ? snprintf(joined, sizeof joined, "%s", path)
			       : snprintf(joined, sizeof joined, "%s/%s", base, path);
	size_t len = n > 0 ? MIN((size_t)n, sizeof joined - 1) : 0;
	while (len > 1 && joined[len - 1] == '/')
		joined[--len] = '\0';
	return mem_strdup(realpath(joined, real) ? real : joined);
}

bool settings_set(struct settings *s, enum setting_id id, const char *text, enum setting_source source, struct err *e)
{
	const struct setting_def *d = &setting_defs[id];
	struct setting_value v = { .source = source };
	enum log_level level;
	char cwd[4096];
	switch (d->type) {
	case SETTING_TYPE_NUMBER:
		if (!str_to_i64(str_of(text), &v.number) || v.number < d->min || v.number > d->max)
			return err_field(e, ERR_USAGE, d->name, "%s (%s) takes a whole number from %lld to %lld",
					 d->name, source_names[source], (long long)d->min, (long long)d->max);
		break;
	case SETTING_TYPE_LEVEL:
		if (!log_level_parse(str_of(text), &level))
			return err_field(e, ERR_USAGE, d->name, "%s (%s) takes one of: debug, info, warn, error, off",
					 d->name, source_names[source]);
		break;
	case SETTING_TYPE_TEXT:
	case SETTING_TYPE_FILE:
	case SETTING_TYPE_SECRET:
		if (!text[0])
			return err_field(e, ERR_USAGE, d->name, "%s (%s) is empty", d->name, source_names[source]);
		break;
	}
	if (d->type == SETTING_TYPE_FILE)
		v.text = absolute_path(text, source == SETTING_FROM_FILE ? s->dir
					     : getcwd(cwd, sizeof cwd)   ? cwd
									 : "/");
	else
		v.text = mem_strdup(text);
	free(s->values[id].text);
	s->values[id] = v;
	return true;
}

static void set_defaults(struct settings *s)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting_def *d = &setting_defs[i];
		char number[32];
		s->values[i].number = d->number;
		if (d->type == SETTING_TYPE_NUMBER)
			snprintf(number, sizeof number, "%lld", (long long)d->number);
		const char *text = d->type == SETTING_TYPE_NUMBER ? number : d->initial;
		s->values[i].text = text ? mem_strdup(text) : NULL;
	}
}

static bool find_setting(struct str name, enum setting_id *ret)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (str_is(name, setting_defs[i].name)) {
			*ret = (enum setting_id)i;
			return true;
		}
	return false;
}

static bool unknown_setting(struct str name, size_t line, struct err *e)
{
	const char *names[SETTINGS], *near;
	char word[64];
	for (size_t i = 0; i < SETTINGS; i++)
		names[i] = setting_defs[i].name;
	snprintf(word, sizeof word, "%.*s", STR_ARG(name));
	near = cli_nearest(word, names, SETTINGS);
	if (near)
		return err_set(e, ERR_USAGE, NULL, "%s line %zu: unknown setting '%s'; did you mean '%s'?", CONF_NAME,
			       line, word, near);
	return err_set(e, ERR_USAGE, NULL, "%s line %zu: unknown setting '%s'; see 'vitrina config'", CONF_NAME, line,
		       word);
}

/* One line "key = value"; # begins a comment line. */
static bool read_line(struct settings *s, struct str line, size_t number, struct err *e)
{
	enum setting_id id;
	line = str_trim(line);
	if (!line.n || line.p[0] == '#')
		return true;
	size_t equals = str_find(line, '=');
	if (equals == line.n)
		return err_set(e, ERR_USAGE, NULL, "%s line %zu is not 'name = value'", CONF_NAME, number);
	struct str name = str_trim(str_n(line.p, equals));
	struct str value = str_trim(str_n(line.p + equals + 1, line.n - equals - 1));
	if (!find_setting(name, &id))
		return unknown_setting(name, number, e);
	char text[4096];
	snprintf(text, sizeof text, "%.*s", STR_ARG(value));
	return settings_set(s, id, text, SETTING_FROM_FILE, e);
}

static bool read_conf(const char *dir, struct buf *ret, struct err *e)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, CONF_NAME);
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || err_errno(e, errno, "%s", path);
	for (;;) {
		char *to = buf_reserve(ret, 4096);
		if (!to)
			return err_set(e, ERR_USAGE, NULL, "%s is larger than %zu bytes", path, CONF_BYTES);
		ssize_t n = read(fd, to, 4096);
		if (n < 0)
			return err_errno(e, errno, "%s", path);
		if (n == 0)
			return true;
		ret->n += (size_t)n;
	}
}

static bool read_file(struct settings *s, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(CONF_BYTES);
	if (!read_conf(s->dir, &text, e))
		return false;
	struct str rest = buf_str(&text), line;
	for (size_t n = 1; str_split(&rest, '\n', &line); n++)
		if (!read_line(s, line, n, e))
			return false;
	return true;
}

static bool read_environment(struct settings *s, struct err *e)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		char name[80] = "VITRINA_";
		size_t n = strlen(name);
		for (const char *p = setting_defs[i].name; *p && n + 1 < sizeof name; p++)
			name[n++] = (char)toupper((unsigned char)*p);
		name[n] = '\0';
		const char *value = getenv(name);
		if (value && value[0] && !settings_set(s, (enum setting_id)i, value, SETTING_FROM_ENVIRONMENT, e))
			return false;
	}
	return true;
}

static bool read_options(struct settings *s, const struct command_line *l, struct err *e)
{
	for (size_t i = 0; i < l->n_options; i++) {
		const struct option_def *d = l->options[i].def;
		char name[64];
		enum setting_id id;
		if (!d->setting)
			continue;
		snprintf(name, sizeof name, "%s", d->name);
		for (char *p = name; *p; p++)
			*p = *p == '-' ? '_' : *p;
		if (find_setting(str_of(name), &id) &&
		    !settings_set(s, id, l->options[i].value, SETTING_FROM_OPTION, e))
			return false;
	}
	return true;
}

bool settings_read(struct settings *s, const struct command_line *l, struct err *e)
{
	char cwd[4096];
	const char *dir = command_option(l, "data");
	if (!dir)
		dir = getenv("VITRINA_DATA");
	if (!dir || !dir[0])
		dir = "vitrina-data";
	*s = (struct settings){ 0 };
	s->dir = absolute_path(dir, getcwd(cwd, sizeof cwd) ? cwd : "/");
	set_defaults(s);
	return read_file(s, e) && read_environment(s, e) && read_options(s, l, e);
}

bool settings_remember(const char *dir, const char *name, const char *value, struct err *e)
{
	CLEANUP(buf_free) struct buf old = BUF_INIT(CONF_BYTES);
	CLEANUP(buf_free) struct buf fresh = BUF_INIT(2 * CONF_BYTES);
	char path[4096], temporary[4200];
	if (!read_conf(dir, &old, e))
		return false;
	struct str rest = buf_str(&old), line;
	while (str_split(&rest, '\n', &line)) {
		struct str key = str_trim(str_n(line.p, str_find(line, '=')));
		if (!str_is(key, name) && (line.n || rest.p))
			buf_addf(&fresh, "%.*s\n", STR_ARG(line));
	}
	buf_addf(&fresh, "%s = %s\n", name, value);
	snprintf(path, sizeof path, "%s/%s", dir, CONF_NAME);
	snprintf(temporary, sizeof temporary, "%s.part", path);
	CLEANUP(fd_close) int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, fresh.p, fresh.n) != (ssize_t)fresh.n || fsync(fd) || rename(temporary, path))
		return err_errno(e, errno, "%s", path);
	return true;
}

/*
 * Settings: one table (settings.c) yields parser, default, help and `vitrina config`.
 *
 * They come from, in rising order: defaults, vitrina.conf in the data folder, the environment, options. A
 * `struct settings` is filled once, before the threads start, and only read afterwards.
 */
#pragma once

#include "app/command.h"

enum setting_id {
	SETTING_LISTEN,
	SETTING_STORE,
	SETTING_TLS_CERT,
	SETTING_TLS_KEY,
	SETTING_KEY_FILE,
	SETTING_TRUSTED_PROXIES,
	SETTING_LOG_LEVEL,
	SETTING_THREADS,
	SETTING_JOB_THREADS,
	SETTING_SESSION_HOURS,
	SETTING_SESSION_REMEMBER_DAYS,
	SETTING_INVITATION_DAYS,
	SETTING_ENGINE_MEMORY_MB,
	SETTING_ENGINE_IDLE_SECONDS,
	SETTING_QUERY_SECONDS,
	SETTING_MONGODB_URI,
	SETTING_MONGODB_COLLECTION,
	SETTING_MONGODB_SELECT_MS,
	SETTING_MONGODB_SOCKET_MS,
	SETTING_TELEGRAM_TOKEN_ALL,
	SETTING_TELEGRAM_URL,
	SETTING_OUTBOUND_PRIVATE,
	SETTING_OUTBOUND_CA,
	SETTING_OUTBOUND_SECONDS,
	SETTINGS
};

enum setting_type {
	SETTING_TYPE_TEXT,
	SETTING_TYPE_FILE,   /* made absolute against where it was written down */
	SETTING_TYPE_NUMBER, /* whole, within bounds */
	SETTING_TYPE_LEVEL,  /* of the log */
	SETTING_TYPE_SECRET, /* never printed */
};

enum setting_source { SETTING_FROM_DEFAULT, SETTING_FROM_FILE, SETTING_FROM_ENVIRONMENT, SETTING_FROM_OPTION };

struct setting_def {
	const char *name;
	enum setting_type type;
	const char *initial; /* NULL = none; of numbers: see number */
	int64_t number, min, max;
	const char *help;
};

struct setting_value {
	char *text; /* NULL = none */
	int64_t number;
	enum setting_source source;
};

struct settings {
	char *dir; /* the data folder, absolute */
	struct setting_value values[SETTINGS];
};

extern const struct setting_def setting_defs[SETTINGS];

/* Fills *s (free it with settings_free whatever the outcome): dir from --data, VITRINA_DATA or ./vitrina-data. */
bool settings_read(struct settings *s, const struct command_line *l, struct err *e);
void settings_free(struct settings *s);
/* Changes one setting; ERR_USAGE names where it was said. */
bool settings_set(struct settings *s, enum setting_id id, const char *text, enum setting_source source, struct err *e);
/* Writes "name = value" into vitrina.conf of the folder, keeping the other lines. */
bool settings_remember(const char *dir, const char *name, const char *value, struct err *e);

const char *setting_text(const struct settings *s, enum setting_id id); /* NULL = none */
int64_t setting_number(const struct settings *s, enum setting_id id);
const char *setting_source_name(enum setting_source source);
/* The file that holds the folder's key: the setting, or DATA.key. */
void setting_key_path(const struct settings *s, char *ret, size_t cap);

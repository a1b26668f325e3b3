/* vitrina init, config, serve: the folder and the server */
#include "app/commands.h"
#include "app/create.h"
#include "app/serve.h"
#include "app/settings.h"
#include "app/table.h"
#include "json/write.h"

static bool init_run(struct command *c, struct err *e)
{
	struct created made = { .key_path = "" };
	struct create_request rq = { .org = command_option(c->line, "org"), .admin = command_option(c->line, "admin") };
	if (!create_folder(c->settings, &rq, &made, e))
		return false;
	fprintf(c->out, "data folder: %s\n", c->settings->dir);
	fprintf(c->out, "key: %s%s\n", made.key_path,
		made.key_was_there ? " (was there before)" : " (keep a copy elsewhere: without it the data are lost)");
	fprintf(c->out, "e-mail: %s\npassword: %s\n", rq.admin, made.password);
	return true;
}

static const char *shown_value(const struct settings *s, enum setting_id id)
{
	const char *text = setting_text(s, id);
	if (!text)
		return "-";
	return setting_defs[id].type == SETTING_TYPE_SECRET ? "(set)" : text;
}

static bool config_json(struct command *c, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(MIB);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	for (size_t i = 0; i < SETTINGS; i++) {
		jw_key(&w, setting_defs[i].name);
		jw_open(&w, '{');
		bool set = setting_text(c->settings, (enum setting_id)i) != NULL;
		jw_kv_cstr(&w, "value", set ? shown_value(c->settings, (enum setting_id)i) : NULL);
		jw_kv_cstr(&w, "source", setting_source_name(c->settings->values[i].source));
		jw_close(&w, '}');
	}
	jw_close(&w, '}');
	fwrite(b.p, 1, b.n, c->out);
	fputc('\n', c->out);
	return true;
}

static bool config_run(struct command *c, struct err *e)
{
	static const struct table_column columns[] = {
		{ "setting", false }, { "value", false }, { "from", false }, { "what it is", false }
	};
	struct table t;
	if (command_flag(c->line, "json"))
		return config_json(c, e);
	fprintf(c->out, "data folder: %s\n\n", c->settings->dir);
	table_begin(&t, columns, countof(columns));
	for (size_t i = 0; i < SETTINGS; i++) {
		table_cell(&t, str_of(setting_defs[i].name));
		table_cell(&t, str_of(shown_value(c->settings, (enum setting_id)i)));
		table_cell(&t, str_of(setting_source_name(c->settings->values[i].source)));
		table_cell(&t, str_of(setting_defs[i].help));
	}
	table_end(&t, c->out);
	return true;
}

static const struct option_def init_options[] = {
	{ .name = "admin",
	  .kind = OPTION_VALUE,
	  .value = "E",
	  .initial = "admin@example.com",
	  .help = "E-mail address of the first administrator." },
	{ .name = "org",
	  .kind = OPTION_VALUE,
	  .value = "NAME",
	  .initial = "Bank",
	  .help = "Name of the first organisation." },
};

const struct command_def command_init = {
	.name = "init",
	.arg_names = "",
	.place = PLACE_HERE,
	.options = init_options,
	.n_options = countof(init_options),
	.summary = "make a data folder, its key and the first administrator",
	.description = "Makes the data folder (mode 0700) and a key beside it, DATA.key (mode 0600), with which "
		       "everything in the "
		       "folder is encrypted, the first organisation and its administrator, whose generated password is "
		       "printed "
		       "once.\n\nAn existing folder is refused. A key that is there already is used and not replaced. "
		       "Keep a copy "
		       "of the key apart from the backups: neither is of use without the other.",
	.examples = "vitrina init --admin maria@example.org\n"
		    "vitrina init --data /srv/vitrina --key-file /etc/vitrina/key",
	.run = init_run,
};

static const struct option_def config_options[] = {
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print JSON, for programs." },
};

const struct command_def command_config = {
	.name = "config",
	.arg_names = "",
	.place = PLACE_HERE,
	.options = config_options,
	.n_options = countof(config_options),
	.summary = "settings, their values and where each comes from",
	.description =
		"Prints every setting. They come from, in rising order: built-in defaults; vitrina.conf in the data "
		"folder, lines 'name = value'; the environment, VITRINA_ and the name in capitals; options of a "
		"command. The data folder itself is named by --data, by VITRINA_DATA, or is ./vitrina-data. Secrets "
		"are not printed.",
	.examples = "vitrina config\nVITRINA_LISTEN=0.0.0.0:80 vitrina config",
	.run = config_run,
};

static const struct option_def serve_options[] = {
	{ .name = "listen",
	  .kind = OPTION_VALUE,
	  .value = "HOST:PORT",
	  .setting = true,
	  .help = "Address and port; port 0 takes a free one. Default: 127.0.0.1:8080." },
	{ .name = "store",
	  .kind = OPTION_VALUE,
	  .value = "URL",
	  .setting = true,
	  .help = "Where the store is; 'sqlite', the default, is the embedded one in the data folder." },
	{ .name = "tls-cert",
	  .kind = OPTION_VALUE,
	  .value = "F",
	  .setting = true,
	  .help = "Certificate chain (PEM). With --tls-key the server speaks TLS 1.3." },
	{ .name = "tls-key",
	  .kind = OPTION_VALUE,
	  .value = "F",
	  .setting = true,
	  .help = "Private key of the certificate (PEM)." },
	{ .name = "threads",
	  .kind = OPTION_VALUE,
	  .value = "N",
	  .setting = true,
	  .help = "Worker threads; 0, the default, is twice the processors." },
	{ .name = "log-level",
	  .kind = OPTION_VALUE,
	  .value = "L",
	  .setting = true,
	  .help = "debug, info (the default), warn, error or off." },
};

const struct command_def command_serve_def = {
	.name = "serve",
	.arg_names = "",
	.place = PLACE_HERE,
	.options = serve_options,
	.n_options = countof(serve_options),
	.summary = "run the server",
	.description = "Opens the data folder and answers HTTP until it is asked to stop. When it is ready to answer "
		       "it prints "
		       "'listening on http://HOST:PORT' on standard output. The log goes to standard error, one line "
		       "an event.\n\n"
		       "SIGTERM and SIGINT stop it: no new connections, what is running may end. SIGHUP reads "
		       "certificate and key "
		       "again. One server works in a data folder at a time; other commands find it and run through it.",
	.examples = "vitrina serve\n"
		    "vitrina serve --data /srv/vitrina --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem",
	.run = command_serve,
};

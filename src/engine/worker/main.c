/* vitrina-engine: reads the files and runs the SQL of strangers, in a process that can reach nothing. */
#include "engine/worker/worker.h"

#include "base/limits.h"
#include "base/log.h"
#include "engine/protocol.h"
#include "engine/worker/sandbox.h"
#include "json/fields.h"

#include <duckdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct worker_config config;

const struct worker_config *worker_config(void)
{
	return &config;
}

static const struct {
	const char *name;
	int (*run)(int control_fd);
	int64_t cpu_seconds; /* 0 = as long as it takes: a query has a time of its own */
} modes[] = {
	{ "query", query_main, 0 },
	{ "import", import_main, LIMIT_IMPORT_CPU_SECONDS },
};

static const struct json_field hello_fields[] = {
	{ "memory", JSON_FIELD_I64, offsetof(struct worker_config, memory), true, 16 * MIB, INT64_MAX },
	{ "address_space", JSON_FIELD_I64, offsetof(struct worker_config, address_space), true, 0, INT64_MAX },
	{ "threads", JSON_FIELD_I64, offsetof(struct worker_config, threads), true, 1, 256 },
};
static const struct json_table hello_table = { "hello", hello_fields, countof(hello_fields) };

static bool read_hello(int fd, struct err *e)
{
	struct frame f;
	if (!frame_recv(fd, &f, e))
		return false;
	CLEANUP(json_decrefp_) json_t *v = NULL;
	bool good = f.type == FRAME_HELLO && json_read(frame_payload(&f), LIMIT_FRAME_BYTES, &v, e) &&
		    json_parse(v, &hello_table, &config, e);
	frame_free(&f);
	return good;
}

static bool answer_hello(int fd, unsigned lacks, struct err *e)
{
	static const struct {
		unsigned part;
		const char *name;
	} parts[] = {
		{ SANDBOX_ADDRESS_SPACE, "address_space" },
		{ SANDBOX_LANDLOCK, "landlock" },
		{ SANDBOX_SECCOMP, "seccomp" },
	};
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "duckdb", duckdb_library_version());
	jw_key(&w, "lacks");
	jw_open(&w, '[');
	for (size_t i = 0; i < countof(parts); i++)
		if (lacks & parts[i].part)
			jw_cstr(&w, parts[i].name);
	jw_close(&w, ']');
	jw_close(&w, '}');
	return frame_send(fd, FRAME_HELLO, buf_str(&b), NULL, 0, e);
}

int main(int argc, char **argv)
{
	size_t mode = 0;
	while (mode < countof(modes) && !(argc == 2 && strcmp(argv[1], modes[mode].name) == 0))
		mode++;
	if (mode == countof(modes)) {
		fprintf(stderr, "vitrina-engine is started by vitrina, not by hand.\n");
		return 2;
	}
	/* The server may be gone before this line: then the first read finds its socket closed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, argv[1]);
	close_range(WORKER_CONTROL_FD + 1, ~0U, 0);
	log_set_level(LOG_OFF);
	struct err e = { 0 };
	unsigned lacks = 0;
	if (!read_hello(WORKER_CONTROL_FD, &e))
		return 1;
	if (!sandbox_apply(config.address_space, modes[mode].cpu_seconds, &lacks, &e)) {
		frame_send_failed(WORKER_CONTROL_FD, &e, NULL, NULL);
		return 1;
	}
	if (!answer_hello(WORKER_CONTROL_FD, lacks, &e))
		return 1;
	/* Without the exit handlers: threads of a cancelled query may still run. */
	_exit(modes[mode].run(WORKER_CONTROL_FD));
}

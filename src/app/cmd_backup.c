/* vitrina backup */
#include "analysis/backup.h"
#include "app/commands.h"
#include "app/progress.h"

#include <stdio.h>

static bool backup_run(struct command *c, struct err *e)
{
	struct backup_counts counts;
	struct progress bar;
	progress_begin(&bar, c);
	struct backup_watch watch = { .ctx = &bar, .progress = progress_show, .cancel = c->cancel };
	struct backup_target to = { .fd = c->files[0], .dir = -1, .name = c->line->args[0] };
	bool good = backup_write(c->inst, &to, &watch, &counts, e);
	progress_end(&bar);
	if (!good)
		return false;
	fprintf(c->out, "%s: the store and %zu segment%s, %.1f MiB; to restore it needs the key, which is not in it\n",
		c->line->args[0], counts.segments, counts.segments == 1 ? "" : "s", (double)counts.bytes / (double)MIB);
	return true;
}

static const struct option_def backup_options[] = {
	{ .name = "force", .kind = OPTION_FLAG, .help = "Replace an existing file." },
};

const struct command_def command_backup = {
	.name = "backup",
	.arg_names = "FILE",
	.args = ARGS_WRITE_FILE,
	.min_args = 1,
	.max_args = 1,
	.options = backup_options,
	.n_options = countof(backup_options),
	.summary = "copy everything into one file, while the server runs",
	.description =
		"Writes one encrypted file that holds the store as of this moment and every loaded table. Others go on "
		"working meanwhile. The file appears under its name when it is whole and on the disk.\n"
		"\n"
		"The key is not in it. Keep the key apart from the backups: whoever has both has the data, and without "
		"the key a backup is worth nothing.",
	.examples = "vitrina backup /backups/vitrina-$(date +%F)",
	.run = backup_run,
};

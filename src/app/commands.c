/* The list of commands: the one place to add a line for a new one. */
#include "app/commands.h"

#include "app/cli.h"

const struct option_def command_common_options[] = {
	{ .name = "data",
	  .kind = OPTION_VALUE,
	  .value = "DIR",
	  .help = "The data folder; VITRINA_DATA or ./vitrina-data unless said." },
	{ .name = "key-file",
	  .kind = OPTION_VALUE,
	  .value = "F",
	  .setting = true,
	  .help = "The file with the folder's key; DATA.key, beside the folder, unless said." },
};
const size_t command_common_options_n = countof(command_common_options);

/* clang-format off */
const struct command_def *const cli_commands[] = {
	&command_serve_def,
	&command_init,
	&command_config,
	&command_org_add,
	&command_org_list,
	&command_user_add,
	&command_user_list,
	&command_user_disable,
	&command_user_enable,
	&command_user_passwd,
	&command_user_import,
	&command_token_add,
	&command_token_list,
	&command_token_remove,
	&command_import,
	&command_dataset_list,
	&command_dataset_show,
	&command_dataset_confirm,
	&command_dataset_discard,
	&command_dataset_remove,
	&command_stats,
	&command_template,
	&command_recommend,
	&command_likely,
	&command_offers,
	&command_train_sales,
	&command_train_purchase,
	&command_train_linear,
	&command_train_logistic,
	&command_train_schedule,
	&command_evaluate,
	&command_query,
	&command_backup,
	&command_restore,
	&command_check,
	&command_demo_def,
};
/* clang-format on */
const size_t cli_commands_n = countof(cli_commands);

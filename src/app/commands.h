/* Every command, by the file that defines it. commands.c lists them in the order of the help. */
#pragma once

#include "app/command.h"

extern const struct command_def command_serve_def, command_init, command_config, command_demo_def;
extern const struct command_def command_org_add, command_org_list;
extern const struct command_def command_user_add, command_user_list, command_user_disable, command_user_enable,
	command_user_passwd, command_user_import;
extern const struct command_def command_token_add, command_token_list, command_token_remove;
extern const struct command_def command_import, command_dataset_list, command_dataset_show, command_dataset_remove;
extern const struct command_def command_dataset_confirm, command_dataset_discard;
extern const struct command_def command_stats, command_template, command_recommend, command_likely, command_offers,
	command_evaluate, command_query;
extern const struct command_def command_train_sales, command_train_purchase, command_train_linear,
	command_train_logistic, command_train_schedule;
extern const struct command_def command_backup, command_restore, command_check;

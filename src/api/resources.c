/* The list of resources: the one place to add a line for a new one. */
#include "api/api.h"

/* clang-format off */
extern const struct resource
	session_resource,
	users_resource,
	orgs_resource,
	tokens_resource,
	audit_resource,
	jobs_resource,
	datasets_resource,
	dataset_rows_resource, reject_copy_resource, template_resource,
	versions_resource,
	imports_resource,
	query_resource,
	load_resource,
	stats_resource,
	customers_resource,
	customers_export_resource,
	purchases_resource,
	recommend_resource,
	links_resource,
	stat_user_resource,
	spending_resource,
	backups_resource,
	vouchers_resource,
	health_resource;

const struct resource *const api_resources[] = {
	&session_resource,
	&users_resource,
	&orgs_resource,
	&tokens_resource,
	&audit_resource,
	&jobs_resource,
	&datasets_resource,
	&dataset_rows_resource,
	&reject_copy_resource,
	&template_resource,
	&versions_resource,
	&imports_resource,
	&query_resource,
	&load_resource,
	&stats_resource,
	&customers_resource,
	&customers_export_resource,
	&purchases_resource,
	&recommend_resource,
	&links_resource,
	&stat_user_resource,
	&spending_resource,
	&backups_resource,
	&vouchers_resource,
	&health_resource,
};
/* clang-format on */
const size_t api_resources_n = countof(api_resources);

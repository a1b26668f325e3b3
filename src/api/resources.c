/* The list of resources: the one place to add a line for a new one. */
#include "api/api.h"

extern const struct resource jobs_resource;
extern const struct resource session_resource;
extern const struct resource users_resource;
extern const struct resource orgs_resource;
extern const struct resource tokens_resource;
extern const struct resource audit_resource;
extern const struct resource health_resource;

const struct resource *const api_resources[] = {
	&session_resource, &users_resource, &orgs_resource,   &tokens_resource,
	&audit_resource,   &jobs_resource,  &health_resource,
};
const size_t api_resources_n = countof(api_resources);

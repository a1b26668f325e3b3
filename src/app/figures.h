/* What the server tells Prometheus besides its requests: jobs and engine processes. */
#pragma once

struct http_server;
struct instance;

/* Before the server starts; inst must outlive it. */
void figures_register(struct http_server *s, struct instance *inst);

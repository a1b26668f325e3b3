/* What the resources of models share: the kind of the path and the data set. For this layer only. */
#pragma once

#include "analysis/forecast_run.h"
#include "api/scope.h"

struct models_scope {
	enum forecast_preset preset;
	const char *kind;
	struct customers_scope customers;
};

/* The path's {kind}; the data set of the query, or of a body: empty = the newest with customers. */
bool models_scope(struct request *q, struct models_scope *ret, struct err *e);
bool models_scope_named(struct request *q, struct str dataset, struct models_scope *ret, struct err *e);
/* 202 {"job":{"id"}} */
void models_answer_job(struct response *r, int64_t job);

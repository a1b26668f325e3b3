/* Training all methods at once; only for next*.c. */
#pragma once

#include "learn/next.h"

/* EASE is left out (learn_models_ease). */
void learn_models_train(const struct learn_history *h, const struct learn_attributes *attributes,
			enum learn_pairs_order order, float blend, struct learn_models *ret);
/* Again with other options; tail is measured. */
void learn_models_ease(const struct learn_history *h, const struct learn_ease_options *o, struct learn_models *ret);
/* A trial with the products of the counts alone; there is no tail. */
void learn_models_ease_try(const struct learn_gram *gram, const struct learn_ease_options *o, struct learn_models *ret);
void learn_models_free(struct learn_models *m);
size_t learn_models_bytes(const struct learn_models *m);

/* Chooses, measures and calibrates on what o hides; fills x but for the models that serve. false: stopped. */
MUST_CHECK bool learn_next_measure(struct learn_next *x, const struct learn_history *h, const struct learn_holdout *o,
				   const struct learn_attributes *attributes, const struct learn_watch *watch);
/* learn_next_list from a list of new products that is known already, what fills it up with the score 0. */
size_t learn_next_list_from(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
			    const struct learn_ranked *list, size_t n, struct learn_next_work *w,
			    struct learn_offer *ret);
bool learn_watch_ask(const struct learn_watch *w, double done, const char *what);

/*
 * Metadata into weights 0..100: how much each attribute tells about which products a customer has.
 *
 * Each attribute splits the customers into groups (numbers at up to 8 quantiles, categories by their 64 commonest
 * values); the share of the variance of ownership between groups is η² (Fisher), corrected as 1 − (1 − η²)(n − 1)/(n −
 * groups), averaged over the 32 most owned products. The weight is its root, the strongest attribute at 100.
 */
#pragma once

#include "learn/similar.h"

/* weights and spread have LEARN_ATTRIBUTES places; spread is the distance at which numbers count as unlike. */
void learn_weights(const struct learn_history *h, const struct learn_columns *columns, const struct learn_attributes *a,
		   float *weights, float *spread);

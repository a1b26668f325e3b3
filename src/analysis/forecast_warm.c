/* Forecasts into memory, beside the search index of the data that are shown. */
#include "analysis/forecast_run.h"
#include "analysis/names.h"

bool forecasts_warm(struct instance *in, struct db *db, const struct card_set *set, struct err *e)
{
	int64_t runs[NAME_VALUES] = { 0 };
	for (enum forecast_preset p = 0; p < PRESETS; p++) {
		struct forecast_run run;
		bool found;
		if (!forecast_run_newest(db, set->org, set->dataset, forecast_preset_name(p), &run, &found, e))
			return false;
		if (found)
			runs[p == PRESET_SALES ? NAME_FORECAST : NAME_PROBABILITY] = run.id;
	}
	return !in->names || names_warm_forecasts(in->names, db, set, runs, e);
}

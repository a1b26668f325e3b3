/* Values of a foreign SQLite database as cells of text. */
#pragma once

#include "ingest/pack.h"

#include <sqlite3.h>

void sqlite_pack_value(struct packer *p, sqlite3_value *v);

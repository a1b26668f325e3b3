/* The column that the program itself adds to a file it gives out to be corrected; passed over when it comes back. */
#pragma once

#define REMARKS_COLUMN "vitrina: what is wrong"

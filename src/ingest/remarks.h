/* The column that the program itself adds to a file it gives out to be corrected; passed over when it comes back. */
#pragma once

#define REMARKS_PREFIX "vitrina: " /* and the rest in the language of whoever asked */
#define REMARKS_COLUMN REMARKS_PREFIX "what is wrong"

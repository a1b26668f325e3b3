/* "Страница 1 из 4", "Page 2 of 7", "Strona 1 z 4", "Стр. 3/8": what a printed form has at the foot of a page. */
#pragma once

#include "base/str.h"

/* text is trimmed. A number alone is not enough: "Страница 5" may be a row's name. */
bool text_page_number(struct str text);

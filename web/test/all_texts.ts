/** The texts of each language, whole: the page reads them in two parts. */
import firstEn from '../src/lib/texts/first.en'
import firstMk from '../src/lib/texts/first.mk'
import firstPl from '../src/lib/texts/first.pl'
import firstRu from '../src/lib/texts/first.ru'
import moreEn from '../src/lib/texts/more.en'
import moreMk from '../src/lib/texts/more.mk'
import morePl from '../src/lib/texts/more.pl'
import moreRu from '../src/lib/texts/more.ru'

export const en = { ...firstEn, ...moreEn }
export const texts: Record<string, Record<string, string>> = {
  en,
  ru: { ...firstRu, ...moreRu },
  pl: { ...firstPl, ...morePl },
  mk: { ...firstMk, ...moreMk },
}

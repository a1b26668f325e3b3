/**
 * The import says in one fixed English sentence each why a cell was set aside and why a column got its meaning. Here
 * each of these sentences has a text of ours; a test reads them from the sources of the program.
 */
import { number, type Language } from './format'
import { plural, t, texting, type Key } from './i18n.svelte'

export const sentences: Record<string, Key> = {
  'a leading zero, in a column of whole numbers': 'reject.zero',
  'not a whole number of at most 18 digits': 'reject.digits',
  'not a whole number': 'reject.integer',
  "more digits than the column's numbers have": 'reject.scale',
  'not a number': 'reject.number',
  'a time, in a column of dates': 'reject.time',
  'not a date': 'reject.date',
  'not a date and time': 'reject.moment',
  'not a time of the day': 'reject.clock',
  'neither true nor false': 'reject.boolean',
  'longer than a cell may be': 'reject.long',
  'an error value or binary data in the file': 'reject.error',
  'a formula whose result is not in the file: open it in a spreadsheet program and save it again': 'reject.formula',
  'text below the table, which is no row of it; it was left out': 'reject.note',
  'more cells than the table has columns': 'reject.cells',
  'bytes after this line are not valid UTF-8 and were replaced': 'reject.utf8',
  'a row after this line has too many cells and was left out': 'reject.wide',
  'a quotation mark is opened and never closed; it was taken as it stands': 'reject.quote',
  'a row of totals; it was left out': 'reject.total',
  'so many lines, from this one on, are in another encoding than the file; each was read in its own': 'reject.encoding',
  'a heading of a group of rows; it was left out, its text stands in the column of the group': 'reject.group',
  'the rows below this heading do not add up to what it says': 'reject.group.sum',
  'the apostrophe before each value, which marks text in a spreadsheet, was left out': 'note.marked',
  'sums in several currencies: the column was kept as text; give the currency a column of its own': 'note.currencies',
  'numbers with a decimal point and with a decimal comma: each was read by its own': 'note.marks',
  'numbers in several units: the column was kept as text; give the unit a column of its own': 'note.units',
  'digits were lost when the file was made: keep the column as text there, and export it again': 'reject.rounded',
  'a header that is printed again; it was left out': 'reject.heading',
  'the number of a page, which is no row; it was left out': 'reject.page',
  'the numbers of the columns, which are no row; they were left out': 'reject.numbers',
  'each line stood in quotation marks as one cell; its cells were read': 'note.wrapped',
  'each row stood in one cell, as of a CSV file; its cells were read': 'note.one_cell',
  'each row stands in one cell, and commas moved its end to the next, where zeros were lost; load the CSV file itself': 'note.one_cell_lost',
  'the text was garbled by being saved in a wrong encoding; it was read as it was meant': 'note.garbled',
  'letters after this line were lost when the file was saved in a wrong encoding; they were left as they stand': 'reject.garbled',
  'day and month cannot be told apart in this column; the day was taken to come first': 'note.dates',
  '1,000 may be one or a thousand in this column; it was taken as one': 'note.comma.one',
  '1,000 may be one or a thousand in this column; it was taken as a thousand': 'note.comma.thousand',
  '1.000 may be one or a thousand in this column; it was taken as one': 'note.dot.one',
  '1.000 may be one or a thousand in this column; it was taken as a thousand': 'note.dot.thousand',
  'cells merged downwards, in a sheet too large to fill them: only the first of each has the value': 'reject.merged',
  'not readable': 'reject.unreadable',
  'a statement that puts rows into a table without listing them, or is spoilt: its rows were left out': 'reject.statement',
  'a file of the archive that holds no table: it was left out': 'reject.file',
  'a view that cannot be read, or takes too long: it was left out': 'reject.view',
  'set by a person': 'reason.person',
  'said by a person': 'reason.person',
  'another column was given this role': 'reason.other',
  'a total for each customer, which the purchases give already': 'reason.total',
  'a view, whose rows are those of other tables': 'reason.view',
  'its values are numbers of the customers in the other table': 'reason.relation',
  'the file itself says whose row of the other table it is': 'reason.of_list',
  'the lists of the file belong to rows by it': 'reason.by_list',
  'the lines of the order, in the other table, give it already': 'reason.of_lines',
  'its values are numbers of the orders in the other table': 'reason.of_order',
  'the lines of the orders, in the other table, point at it': 'reason.by_order',
}

export function reason(text: string | null): string {
  if (!text) return ''
  if (text.startsWith('its values look like')) return t('reason.values')
  if (text.startsWith('the header')) return t('reason.header')
  const missing = /^(\d+) cells? says? only (.+): (?:it was|they were) taken as empty$/.exec(text)
  if (missing) return plural('note.missing', Number(missing[1]), { n: number(texting.language, Number(missing[1])), words: missing[2]! })
  const filled = /^(\d+) merged cells were filled/.exec(text)
  if (filled) return plural('note.filled', Number(filled[1]), { n: number(texting.language, Number(filled[1])) })
  const unit = /^the unit "(.+)" behind each number was left out$/.exec(text)
  if (unit) return t('note.unit', { unit: unit[1]! })
  const key = sentences[text]
  return key ? t(key) : texting.language === 'en' ? text : t('reason.unknown')
}

const types: Record<string, Key> = {
  VARCHAR: 'type.text',
  BOOLEAN: 'type.boolean',
  BIGINT: 'type.integer',
  DOUBLE: 'type.number',
  DATE: 'type.date',
  TIMESTAMP: 'type.moment',
  TIME: 'type.time',
}
export const typeName = (type: string) => t(types[type] ?? (type.startsWith('DECIMAL') ? 'type.number' : 'type.text'))

/** The same with what tells a longer number from a shorter one. */
export function typeInWords(l: Language, type: string): string {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type)
  if (!decimal) return typeName(type)
  const n = Number(decimal[2])
  return plural(Number(decimal[1]) > 18 ? 'type.long' : 'type.decimals', n, { n: number(l, n) })
}
export const isNumber = (type: string) => /^(BIGINT|DOUBLE|DECIMAL|INTEGER|HUGEINT)/.test(type)

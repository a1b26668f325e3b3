/**
 * What an error means to the person, in the page's language, by the stable code that the server gives. The server's own
 * sentence is English: where only it says what is wrong, it is offered as a detail, never as the text of the page.
 */
import type { ApiError } from './api'
import { has, plural, t, texting, type Key } from './i18n.svelte'
import { number } from './format'

/** Codes that mean the same to a person as another one, or as a text that is there for more than codes. */
export const sameAs: Record<string, Key> = {
  not_found: 'error.gone',
  segment_gone: 'error.gone',
  unknown_customer: 'error.gone',
  conflict: 'error.conflict',
  reference: 'error.conflict',
  not_allowed: 'error.forbidden',
  cross_origin: 'code.wrong_origin',
  timeout: 'error.connection',
  incomplete: 'error.connection',
  client_gone: 'error.connection',
  overloaded: 'error.overloaded',
  store_busy: 'error.overloaded',
  engine_busy: 'error.overloaded',
  engines_busy: 'error.overloaded',
  engine_closed: 'error.overloaded',
  engine_restarted: 'error.overloaded',
  engine_timeout: 'error.overloaded',
  mongodb_busy: 'code.being_written',
  mongodb_slow: 'code.mongodb_away',
  mongodb_read_only: 'code.mongodb_refused',
  internal: 'error.server',
  io_error: 'error.server',
  engine_failed: 'error.server',
  engine_protocol: 'error.server',
  engine_settings: 'error.server',
  frame_too_large: 'error.server',
  key_file: 'error.server',
  store_read_only: 'error.server',
  wrong_key: 'error.server',
  limit_reached: 'error.limit',
  too_much: 'error.limit',
  result_too_large: 'error.limit',
  row_too_large: 'error.limit',
  too_many_features: 'error.limit',
  too_many_segments: 'error.limit',
  not_solvable: 'code.one_class',
  separable: 'code.one_class',
  template_altered: 'code.template_stale',
  private_address: 'delivery.why.private_address',
  import_killed: 'code.import_crashed',
  too_slow: 'code.time_limit',
  doctype: 'code.damaged',
  hostile_schema: 'code.damaged',
  too_many_parts: 'code.inflated_too_large',
  too_many_strings: 'code.inflated_too_large',
  too_many_shapes: 'code.inflated_too_large',
  too_many_purchases: 'code.memory_limit',
  xml_depth: 'code.damaged',
  html_attributes: 'code.damaged',
  parquet_depth: 'code.damaged',
  parquet_footer: 'code.damaged',
  no_driver: 'code.mongodb_failed',
}

/** What a field of a request is called on the page. */
const fields: Record<string, Key> = {
  name: 'report.name',
  email: 'field.email',
  phone: 'field.phone',
  birth_date: 'field.birth_date',
  role: 'people.role',
  address: 'sending.address',
  token: 'sending.token',
  host: 'sending.host',
  port: 'sending.port',
  from: 'sending.from',
  user: 'sending.user',
  password: 'signin.password',
  schedule: 'report.when',
  zone: 'report.zone',
  targets: 'report.to',
  parts: 'report.show',
  figure: 'report.figure',
  year: 'report.year',
  top: 'report.top',
  language: 'me.language',
  limit: 'voucher.limit',
}

const known = (code: string): Key | undefined => (has(`code.${code}`) ? (`code.${code}` as Key) : sameAs[code])

interface Told {
  text: string
  /** The server's sentence, where the text does not say as much. */
  detail: string
}

export function told(e: ApiError): Told {
  const plain = (text: string): Told => ({ text, detail: '' })
  if (e.status === 0) return plain(t(e.code === 'unexpected' ? 'error.unexpected' : 'error.connection'))
  if (e.status === 429) {
    const minutes = Math.max(1, Math.ceil((e.retryAfter ?? 60) / 60))
    return plain(plural('signin.throttled', minutes, { n: number(texting.language, minutes) }))
  }
  const key = e.status === 500 ? 'error.server' : known(e.code)
  // Which rows a key is wrong in, and which line of a file, stands only in the server's sentence: numbers, in every
  // language the same.
  if (key) return plain(misfit(e) + placed(e) + t(key, { rows: rowsIn(e.message), line: lineOf(e.message) ?? '', column: e.field ?? '', file: e.field ?? '' }))
  if (e.status === 403) return plain(t('error.forbidden'))
  if (e.status === 503) return plain(t('error.overloaded'))
  if (e.status >= 500) return plain(t('error.server'))
  if (e.status === 404) return plain(t('error.gone'))
  if (texting.language === 'en' && e.message) return plain(sentence(e.message))
  const field = e.field ? fields[e.field] : undefined
  const text = e.status === 409 ? t('error.conflict') : field ? t('error.field', { field: t(field) }) : t('error.value')
  return { text, detail: sentence(e.message) }
}

export const explain = (e: ApiError): string => told(e).text

function sentence(s: string): string {
  return first(s) + (!s || /[.!?]$/.test(s) ? '' : '.')
}

/** The first cell that is not of its column's type, as the server's sentence has it. */
function misfit(e: ApiError): string {
  const found = e.code === 'column_misfit' ? /Line (\d+) of "(.*?)": "(.*)" does not fit, [^"]*: column "/is.exec(e.message) : null
  return found ? `${t('error.misfit', { line: found[1]!, table: found[2]!, text: found[3]! })} ` : ''
}

/** Codes of files that were not read: where in them it is stands in the server's sentence. */
const ofFiles = new Set(['damaged', 'truncated', 'empty_file', 'encrypted', 'unknown_format', 'json_wrong', 'json_depth', 'too_many_columns', 'row_too_long', 'text_too_long', 'inflate_ratio', 'inflated_too_large', 'nested_archive', 'no_tables', 'no_sheets', 'too_many_tables', 'too_many_sheet_rows', 'doctype', 'xml_depth', 'html_attributes', 'view_too_large'])

const lineOf = (message: string): string | undefined => /\b(?:line|row) (\d+)/i.exec(message)?.[1]

/** Which of several files or of an archive, which sheet, which line: "“june.json”, line 3: ", or nothing. */
function placed(e: ApiError): string {
  if (!ofFiles.has(e.code) && !e.code.startsWith('file_')) return ''
  const file = /^([^":]{1,250}): (?=[A-Z])/.exec(e.message)?.[1]
  const sheet = /\bsheet "(.*?)"/.exec(e.message)?.[1]
  const line = e.code === 'json_wrong' ? undefined : lineOf(e.message)
  const where = [
    file && !/\. |^(line|row) \d/i.test(file) ? t('quoted', { text: file }) : '',
    sheet ? t('place.sheet', { name: sheet }) : '',
    line ? t('check.line', { n: line }) : '',
  ].filter(Boolean)
  return where.length ? `${first(where.join(', '))}: ` : ''
}

const first = (s: string) => s.charAt(0).toUpperCase() + s.slice(1)

function rowsIn(message: string): string {
  const found = /rows (\d[\d, and]*\d|\d)( and others)? of the table/.exec(message)
  return found ? found[1]!.replace(/ and /, ', ') + (found[2] ? ' …' : '') : ''
}

/** What the program can say, read from its sources: each word has a text of the page, so that no screen mixes languages. */
import { expect, test } from 'vitest'

import { ApiError } from '../src/lib/api'
import { explain, sameAs } from '../src/lib/errors'
import { texting } from '../src/lib/i18n.svelte'
import { sentences } from '../src/lib/reasons'
import { columnRoles } from '../src/lib/roles'
import { deliveryReason, known as deliveryCodes } from '../src/lib/sent'
import { en } from './all_texts'

const files = import.meta.glob<string>(['../../src/**/*.{c,h}'], { query: '?raw', import: 'default', eager: true })
// A long sentence is written as pieces on several lines.
const sources = Object.fromEntries(Object.entries(files).map(([name, text]) => [name.replace('../../src/', ''), text.replace(/"\s*\n\s*"/g, '')]))
const all = Object.values(sources).join('\n')
const of = (folder: RegExp) => Object.entries(sources).filter(([name]) => folder.test(name)).map(([, text]) => text).join('\n')
const every = (text: string, what: RegExp) => [...new Set([...text.matchAll(what)].flatMap((m) => m.slice(1).filter((x) => x !== undefined)))].sort()
const has = (key: string) => key in en
texting.texts = en

// Said to programs and to the command line, or before there is a page: nothing that is clicked can bring them.
const unseen = [
  'already_serving', 'damaged_log', 'datadir_exists', 'demo_exists', 'exists', 'folder_exists', 'key_exists', 'key_readable', 'migration_changed', 'migration_order', 'newer_store', 'no_data_folder', 'no_store', 'store_url', 'tls_files', 'usage', 'ok',
  'malformed', 'malformed_json', 'multipart', 'too_deep', 'not_an_object', 'unknown_field', 'upgrade_required', 'head_only', 'list_length', 'method_not_allowed', 'length_required', 'headers_too_large', 'range_not_satisfiable', 'unsupported_type',
  'not_a_select', 'not_allowed_in_sql', 'wrong_sql', 'no_session',
]
// Told by their status, or with the field that they name.
const byStatus = ['not_signed_in', 'wrong_credentials', 'too_many_attempts', 'too_many_requests', 'wrong_value']

test('every code of an error has a text', () => {
  const codes = [...every(all, /err_set\([^;"]*?ERR_\w+,\s*"([a-z_0-9]+)"/g), ...every(sources['base/err.c']!, /\[ERR_\w+\] = \{ \d+, \d+, "(\w+)"/g)]
  expect(codes.length).toBeGreaterThan(120)
  expect(codes.filter((c) => !has(`code.${c}`) && !sameAs[c] && !unseen.includes(c) && !byStatus.includes(c))).toEqual([])
  expect([...Object.keys(sameAs), ...unseen, ...byStatus].filter((c) => !codes.includes(c)), 'no longer said').toEqual([])
})

test('everything that is written to the audit log has a text', () => {
  const actions = [
    ...every(all, /audit_add(?:_str)?\(\w[^,;]*, [^,;]+, (?:[^,;"]*\? )?"(\w+)"(?:\s*:\s*"(\w+)")?/g),
    ...every(all, /\.action = "(\w+)"/g),
    ...every(sources['analysis/publish.c']!, /"(dataset_\w+)"/g),
    ...every(of(/^(analysis|api)\//), /"(dataset_(?:expired|discard))"/g),
    ...every(sources['model/sign_in.c']!, /"(sign_in\w*)"/g),
  ]
  expect(actions.length).toBeGreaterThan(40)
  expect(actions.filter((a) => !has(`audit.${a}`))).toEqual([])
})

test('every sentence of an import that the page translates is said by the program', () => {
  expect(Object.keys(sentences).filter((s) => !all.includes(s))).toEqual([])
})

test('every reason of a set-aside value and of a meaning has a text', () => {
  const reasons = [
    ...every(of(/^(ingest|engine\/worker)\//), /\w*reject(?:_\w+)?\([^;]*?"([a-z][^"%]{9,})"/g),
    ...every(sources['ingest/types.c']!, /return [^;]*?"(not [^"]+|a [^"]+|neither [^"]+)"/g),
    ...every(sources['ingest/convert.c']!, /return "([a-z][^"]{9,})"/g),
    ...every(of(/^(ingest|analysis|model)\//), /\breason = "([a-z][^"%]{9,})"/g),
    ...every(of(/^(ingest|analysis|model)\//), /\bnote = "([a-z][^"%]{9,})"/g),
  ]
  expect(reasons.length).toBeGreaterThan(10)
  expect(reasons.filter((r) => !(r in sentences))).toEqual([])
})

test('every kind of work has a text', () => {
  const kinds = [...every(of(/^(analysis|api|report)\//), /struct job_spec \w+ = \{[^;]*?\.kind = "(\w+)"/g), ...every(sources['analysis/forecast_jobs.c']!, /"((?:train|forecast)_\w+)"/g), ...every(of(/^(api|analysis)\//), /(?:import_start|\bstart)\([^;]*"(\w+)"/g)]
  expect(kinds.length).toBeGreaterThan(2)
  expect(kinds.filter((k) => !has(`job.${k}`))).toEqual([])
})

test('every reason that something has not arrived has a text', () => {
  const said = /a text for each\): ([^.]*)\./.exec(sources['connect/sent.h']!)![1]!.replace(/[\s*]+/g, ' ').split(', ').map((s) => s.trim())
  expect([...deliveryCodes].sort()).toEqual(said.sort())
  expect(said.filter((c) => !has(deliveryReason(c)))).toEqual([])
})

test('every meaning of a column has a text', () => {
  const roles = every(of(/^ingest\/roles/), /"((?:customer|purchase|activity)\.\w+)"/g)
  expect(roles.length).toBeGreaterThan(20)
  expect(roles.filter((r) => !(columnRoles as readonly string[]).includes(r))).toEqual([])
  expect(columnRoles.filter((r) => !has(`col.${r}`))).toEqual([])
})

test('a column that does not fit is told with its first cell', () => {
  const how = sources['ingest/table_fit.c']!
  expect(how).toContain(String.raw`"Line %llu of \"%.*s\": \"%.*s\" does not fit, %s"`)
  const said = (place: string) => explain(new ApiError(422, 'column_misfit', `${place}column "sum" is BIGINT in the data set, and 1 of the file's 1 values are not.`, 'sum'))
  expect(said('Line 3 of "ju"ne": "a "b"" does not fit, not a whole number: ')).toContain('Line 3 of “ju"ne”: “a "b"”. The column “sum”')
  expect(said('').startsWith('The column “sum”')).toBe(true)
})

test('a file that is not read is told with its name, its sheet and its line', () => {
  const said = (code: string, message: string) => explain(new ApiError(422, code, message))
  expect(said('json_wrong', 'broken.json: The JSON text is wrong in line 3: a name in quotation marks is expected.')).toMatch(/^“broken\.json”: The file is not right JSON in line 3\./)
  expect(said('row_too_long', 'Line 2 is longer than 16 MiB: this is not a table of rows.')).toMatch(/^Line 2: A line of the file/)
  expect(said('too_many_columns', 'Row 5 of sheet "Лист1" has more than 2000 columns.')).toMatch(/^Sheet “Лист1”, line 5: /)
  expect(said('damaged', 'The workbook is damaged (Zlib error: data error).')).toMatch(/^The file is damaged/)
  expect(said('unknown_format', 'This is a zip archive without a table inside. a.jpg: This is a JPEG picture.')).toMatch(/^This file/)
  // As the program says it.
  expect(sources['ingest/csv.c']).toContain('"Line %llu is longer than %zu MiB')
  expect(sources['ingest/xlsx_cells.c']).toContain(String.raw`"Row %u of sheet \"%.200s\" has more than %d columns."`)
})

/** The organisation's data sets, and the one the person is looking at. */
import { get, type Page } from './api'
import { router } from './router.svelte'

export interface Column {
  name: string
  /** What files call it, when a person gave it another name. */
  header: string | null
  type: string
  non_null: number
  distinct: number | null
  sample: string[]
  role: string | null
  confidence: number
  reason: string | null
  by_person: boolean
  note: string | null
}
export interface Table {
  name: string
  source: string
  rows: number
  rejects: number
  rows_read: number
  rows_left_out: number
  /** Of those read: the workbook does not show them. */
  rows_hidden: number
  /** A sheet that the workbook does not show. */
  hidden: boolean
  /** What the table would be with the months of its columns as rows. */
  unpivot: { keys: string[]; period: string; values: string[]; periods: string[] } | null
  /** What became of headings of groups of rows: columns; rows, as was wished, or in doubt. null: there are none. */
  groups: { state: 'columns' | 'kept' | 'doubt'; headings: number; line: number; columns: string[] } | null
  columns: Column[]
}
/** What a file that was added, or updates by key, holds by itself. */
export interface FilePart {
  /** Where its rows begin among the table's; null where they took the places of others. */
  first_row: number | null
  rows: number
  rejects: number
  rows_left_out: number
  rows_hidden: number
  groups?: Table['groups']
  columns: { column: string; type: string; non_null: number; note: string | null; sample: string[] }[]
  /** Some of its rows, in the order of its columns, where there is no first_row. */
  first: (string | null)[][] | null
}
/** What a version changes in a table that was there before; null where it could not be counted. */
export interface TableChanges {
  table: string
  /** null where nothing of the files went into it, and where the table is nothing but its file. */
  file: FilePart | null
  by: 'key' | 'rows' | 'counts'
  why: 'no_key' | 'too_large' | null
  key: string[]
  columns: { new: string[]; gone: string[]; types: { column: string; from: string; to: string }[] }
  rows: { before: number; after: number; added: number | null; changed: number | null; gone: number | null; unchanged: number | null }
  known_keys: number | null
  /** Columns that the added file lacks. */
  missing?: string[]
  cells: { column: string; rows: number }[]
  sample: { key: (string | null)[]; column: string; old: string | null; new: string | null }[]
}
export interface Changes {
  against: number
  tables_new: string[]
  tables_gone: string[]
  tables: TableChanges[]
}
export interface Version {
  id: string
  number: number
  state: 'building' | 'ready' | 'confirming' | 'current' | 'old'
  mode: string
  rows: number
  rejects: number
  /** As all rows that were read are counted: rows_read = rows + rows_left_out. */
  rows_read: number
  rows_left_out: number
  bytes: number
  files: string[]
  created_at: string
  expires_at?: string
  rejected_rows?: 'keep' | 'drop'
}
/** One version by itself, as it is checked before it is in use. */
export interface CheckedVersion extends Version {
  dataset: { id: string; name: string; confirmed: boolean }
  tables: Table[]
  changes: Changes | null
}
export interface Dataset {
  id: string
  name: string
  state: 'building' | 'waiting' | 'ready'
  waiting: number | null // the number of the version that waits to be checked
  created_at: string
  version?: number
  rows?: number
  rejects?: number
  rows_read?: number
  rows_left_out?: number
  rejected_rows?: 'keep' | 'drop'
  bytes?: number
  loaded_at?: string
  tables?: Table[]
  versions?: Version[]
}

const partOf = (v: CheckedVersion, table: string) => v.changes?.tables.find((c) => c.table === table)?.file ?? null

/** The tables as the files have them that are checked: their own rows, samples and notes, without what was there before. */
export function ownTables(v: CheckedVersion): (Table & { part: FilePart | null })[] {
  const all = v.tables.map((x) => ({ ...x, part: partOf(v, x.name) }))
  if (!all.some((x) => x.part)) return all
  return all.flatMap((x) => {
    const part = x.part
    if (!part) return []
    const columns = x.columns.map((c) => {
      const own = part.columns.find((y) => y.column === c.name)
      return { ...c, sample: own?.sample ?? [], non_null: own?.non_null ?? 0, note: own?.note ?? null }
    })
    return [{ ...x, rows: part.rows, rejects: part.rejects, rows_left_out: part.rows_left_out, rows_read: part.rows + part.rows_left_out, rows_hidden: part.rows_hidden, groups: part.groups ?? null, columns }]
  })
}

/** What files call a column. */
export const inFile = (c: Column): string => c.header ?? c.name
/** Found, but not surely enough to be taken without a word of the person. */
export const needsDecision = (c: Column): boolean => c.role !== null && !c.by_person && c.confidence < 0.6

const customerRoles = new Set(['customer.id', 'customer.products', 'purchase.customer_id'])
export const hasCustomers = (d: Dataset): boolean =>
  d.tables?.some((t) => t.columns.some((c) => c.role !== null && customerRoles.has(c.role))) ?? false

class Datasets {
  all = $state.raw<Dataset[]>([])
  known = $state(false)
  chosen = $state(sessionStorage.getItem('dataset'))

  ready = $derived(this.all.filter((d) => d.version !== undefined))
  /** Those that have customers in them; what the pages of customers are about. */
  withCustomers = $derived(this.ready.filter(hasCustomers))
  /** The one named in the address, or chosen before, or else the newest with customers. */
  current = $derived.by(() => {
    const asked = router.now.query.get('dataset')
    const find = (id: string | null) => (id ? this.ready.find((d) => d.id === id) : undefined)
    return find(asked) ?? find(this.chosen) ?? this.withCustomers[0] ?? null
  })

  async read(): Promise<void> {
    this.all = (await get<Page<Dataset>>('/api/v1/datasets?limit=1000')).items
    this.known = true
  }

  choose(id: string): void {
    this.chosen = id
    sessionStorage.setItem('dataset', id)
    if (router.now.query.has('dataset')) router.set({ dataset: id }, { replace: true })
  }
}

export const datasets = new Datasets()

/** Uploads of this page: they go on while the person looks at something else. */
import { ApiError, call, upload } from './api'
import { datasets } from './datasets.svelte'
import { watchJob } from './jobs'
import { jobs } from './jobs.svelte'
import { router } from './router.svelte'
import { session } from './session.svelte'

export type Stage = 'sending' | 'reading' | 'done' | 'failed' | 'cancelled'

export interface Upload {
  key: number
  page: string // where it was started
  names: string[]
  bytes: number
  stage: Stage
  fraction: number
  perSecond: number // bytes, while sending
  message: string
  error: ApiError | null
  dataset: string | null
  job: string | null
  rows: number | null
  rejects: number | null
  waits: number | null // the number of the version that waits to be checked
  sent: Sent | null // null when it was begun before the page was loaded anew
  stop: AbortController
}

export type Fields = Record<string, string | string[]>
export interface Sent {
  files: File[]
  path: string
  fields: Fields
}

interface Started {
  dataset: { id: string; name: string }
  job: { id: string }
}

/** What is kept of an upload over a reload: the server reads on, so the page finds it again. */
interface Kept {
  owner: string
  names: string[]
  bytes: number
  dataset: string
  job: string
}
const KEPT = 'uploads'
function kept(): Kept[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? '[]') as Kept[]
  } catch {
    return []
  }
}

let keys = 0

/** Where a version is looked at before it is in use. */
export const checkPath = (dataset: string, version: number) => `/data/${dataset}/versions/${version}`

const running = (u: Upload) => u.stage === 'sending' || u.stage === 'reading'
const asError = (reason: unknown) => (reason instanceof ApiError ? reason : new ApiError(0, 'unexpected', String(reason)))

/** The name of a file whose bytes cannot be had: a folder, or changed since it was chosen. */
async function unreadable(files: File[]): Promise<string | null> {
  for (const file of files) {
    const there = await file.slice(0, 1).arrayBuffer().then(() => true, () => false)
    if (!there) return file.name
  }
  return null
}

class Uploads {
  list = $state<Upload[]>([])
  /** Files that a person wants as the next version of a data set, on the way to its page. */
  carried = $state.raw<{ dataset: string; files: File[] } | null>(null)
  // What was sent for each version that waits, so that it can be read again with other wishes.
  #sent = new Map<string, Sent>()
  sent = (dataset: string, version: number): Sent | undefined => this.#sent.get(checkPath(dataset, version))
  active = $derived(this.list.filter(running).length)
  #owner: string | null | undefined

  constructor() {
    // What is being sent is lost when the page goes; what is being read is not.
    addEventListener('beforeunload', (e) => this.list.some((u) => u.stage === 'sending') && e.preventDefault())
  }

  /** Whoever is signed in sees their own: what went on before a reload is found again, another person's is forgotten. */
  belongTo(person: string | null): void {
    if (person === this.#owner) return
    if (this.#owner) {
      for (const u of this.list) u.stop.abort()
      this.list = []
      this.carried = null
      this.#sent.clear()
      sessionStorage.removeItem(KEPT)
    }
    this.#owner = person
    for (const k of kept().filter((x) => x.owner === person)) {
      const u = this.#add({ names: k.names, bytes: k.bytes, stage: 'reading', dataset: k.dataset, job: k.job })
      void this.#watched(u, () => this.#read(u))
    }
  }

  /** path: a new data set, or the versions of one. */
  start(files: File[], path: string, fields: Fields): void {
    const u = this.#add({ names: files.map((f) => f.name), bytes: files.reduce((n, f) => n + f.size, 0), sent: { files, path, fields } })
    void this.#watched(u, () => this.#send(u))
  }

  /** Worth trying again with the same files: it was not they that were wrong. */
  canRetry = (u: Upload): boolean =>
    u.stage === 'failed' && u.sent !== null && u.error !== null && (u.error.code === 'interrupted' || (u.error.status === 0 && u.error.code !== 'unexpected') || u.error.status >= 500)

  retry(u: Upload): void {
    Object.assign(u, { page: router.now.path, stage: 'sending', fraction: 0, perSecond: 0, error: null, dataset: null, job: null, stop: new AbortController() })
    void this.#watched(u, () => this.#send(u))
  }

  async cancel(u: Upload): Promise<void> {
    u.stop.abort()
    if (u.job) await call('DELETE', `/api/v1/jobs/${u.job}`).catch(() => undefined)
    u.stage = 'cancelled'
    this.#keep()
    void datasets.read().catch(() => undefined)
  }

  /** Once more, with a column of it as text. */
  asText(u: Upload, column: string): void {
    const { files, path, fields } = u.sent!
    this.dismiss(u)
    this.start(files, path, { ...fields, text: [...new Set([...[fields['text'] ?? []].flat(), column])] })
  }

  dismiss(u: Upload): void {
    this.list = this.list.filter((other) => other.key !== u.key)
    this.#keep()
  }

  #add(part: Partial<Upload>): Upload {
    this.list.unshift({
      key: ++keys,
      page: router.now.path,
      names: [],
      bytes: 0,
      stage: 'sending',
      fraction: 0,
      perSecond: 0,
      message: '',
      error: null,
      dataset: null,
      job: null,
      rows: null,
      rejects: null,
      waits: null,
      sent: null,
      stop: new AbortController(),
      ...part,
    })
    return this.list[0]!
  }

  #keep(): void {
    const reading = this.list.filter((u) => u.stage === 'reading' && u.job && u.dataset)
    const list = reading.map((u): Kept => ({ owner: this.#owner!, names: u.names, bytes: u.bytes, dataset: u.dataset!, job: u.job! }))
    sessionStorage.setItem(KEPT, JSON.stringify(list))
  }

  async #watched(u: Upload, work: () => Promise<void>): Promise<void> {
    const stop = u.stop
    try {
      await work()
    } catch (reason) {
      if (stop.signal.aborted) return
      u.stage = 'failed'
      u.error = asError(reason)
    }
    this.#keep()
  }

  async #send(u: Upload): Promise<void> {
    const { files, path, fields } = u.sent!
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) form.append(name, one)
    for (const file of files) form.append('file', file, file.name)
    const began = performance.now()
    const progress = (p: { sent: number; total: number }) => {
      u.fraction = p.sent / Math.max(1, p.total)
      u.perSecond = p.sent / Math.max(0.1, (performance.now() - began) / 1000)
    }
    try {
      const name = await unreadable(files)
      if (name !== null) throw new ApiError(422, 'file_unreadable', '', name)
      const started = await upload<Started>(path, form, progress, u.stop.signal)
      u.dataset = started.dataset.id
      u.job = started.job.id
    } catch (reason) {
      if (u.stop.signal.aborted || !(reason instanceof ApiError)) throw reason
      if (reason.status === 401) {
        // Signed out meanwhile: sent again once the same person is back.
        await session.back(u.stop.signal)
        if (session.user?.id !== this.#owner) u.stop.abort()
        u.stop.signal.throwIfAborted()
        return this.#send(u)
      }
      // The browser calls it a lost connection, too, when a file changes while it is being sent.
      const name = reason.status === 0 ? await unreadable(files) : null
      throw name === null ? reason : new ApiError(422, 'file_unreadable', '', name)
    }
    await this.#read(u)
  }

  async #read(u: Upload): Promise<void> {
    u.stage = 'reading'
    u.fraction = 0
    this.#keep()
    void jobs.read()
    const job = await watchJob(u.job!, (j) => ((u.fraction = j.progress), (u.message = j.message)), u.stop.signal)
    this.#end(u, job)
    if (u.waits && u.sent) this.#sent.set(checkPath(u.dataset!, u.waits), u.sent)
    await Promise.all([datasets.read(), jobs.read()])
    // Whoever still looks at where it was started is led to what was read; others find it in the list.
    if (u.waits && router.now.path === u.page && !router.guard && this.active === 0) {
      this.dismiss(u)
      router.go(checkPath(u.dataset!, u.waits))
    }
  }

  #end(u: Upload, job: Awaited<ReturnType<typeof watchJob>>): void {
    if (job.state === 'done') {
      u.stage = 'done'
      u.rows = Number(job.result?.['rows'] ?? 0)
      u.rejects = Number(job.result?.['rejects'] ?? 0)
      u.waits = job.result?.['state'] === 'ready' ? Number(job.result['number']) : null
    } else {
      u.stage = job.state === 'cancelled' ? 'cancelled' : 'failed'
      if (job.error) u.error = new ApiError(422, job.error.code, job.error.message, job.error.field ?? null)
    }
  }
}

export const uploads = new Uploads()

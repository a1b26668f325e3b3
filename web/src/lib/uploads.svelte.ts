/** Uploads of this page: they go on while the person looks at something else. */
import { ApiError, call, upload } from './api'
import { datasets } from './datasets.svelte'
import { watchJob } from './jobs'
import { jobs } from './jobs.svelte'
import { router } from './router.svelte'

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

let keys = 0

/** Where a version is looked at before it is in use. */
export const checkPath = (dataset: string, version: number) => `/data/${dataset}/versions/${version}`

class Uploads {
  list = $state<Upload[]>([])
  // What was sent for each version that waits, so that it can be read again with other wishes.
  #sent = new Map<string, Sent>()
  sent = (dataset: string, version: number): Sent | undefined => this.#sent.get(checkPath(dataset, version))
  active = $derived(this.list.filter((u) => u.stage === 'sending' || u.stage === 'reading').length)

  /** path: a new data set, or the versions of one. */
  start(files: File[], path: string, fields: Fields): void {
    const item: Upload = {
      key: ++keys,
      page: router.now.path,
      names: files.map((f) => f.name),
      bytes: files.reduce((n, f) => n + f.size, 0),
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
      stop: new AbortController(),
    }
    this.list.unshift(item)
    void this.#run(this.list[0]!, files, path, fields)
  }

  async cancel(u: Upload): Promise<void> {
    u.stop.abort()
    if (u.job) await call('DELETE', `/api/v1/jobs/${u.job}`).catch(() => undefined)
    u.stage = 'cancelled'
  }

  dismiss(u: Upload): void {
    this.list = this.list.filter((other) => other.key !== u.key)
  }

  async #run(u: Upload, files: File[], path: string, fields: Fields): Promise<void> {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) form.append(name, one)
    for (const file of files) form.append('file', file, file.name)
    const began = performance.now()
    try {
      const started = await upload<Started>(
        path,
        form,
        (p) => {
          u.fraction = p.sent / Math.max(1, p.total)
          u.perSecond = p.sent / Math.max(0.1, (performance.now() - began) / 1000)
        },
        u.stop.signal,
      )
      u.dataset = started.dataset.id
      u.job = started.job.id
      u.stage = 'reading'
      void jobs.read()
      u.fraction = 0
      const job = await watchJob(u.job, (j) => ((u.fraction = j.progress), (u.message = j.message)), u.stop.signal)
      this.#end(u, job)
      if (u.waits) this.#sent.set(checkPath(u.dataset!, u.waits), { files, path, fields })
      await Promise.all([datasets.read(), jobs.read()])
      // Whoever still looks at where it was started is led to what was read; others find it in the list.
      if (u.waits && router.now.path === u.page && !router.guard && this.active === 0) {
        this.dismiss(u)
        router.go(checkPath(u.dataset!, u.waits))
      }
    } catch (reason) {
      if (u.stop.signal.aborted) return
      u.stage = 'failed'
      u.error = reason instanceof ApiError ? reason : new ApiError(0, 'unexpected', String(reason))
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

/** Long work on the server: watched by its events, and by asking again where events do not come through. */
import { ApiError, get } from './api'
import { has, t, type Key } from './i18n.svelte'
import { session } from './session.svelte'

export interface Job {
  id: string
  kind: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  progress: number
  message: string
  error: { code: string; message: string; field?: string } | null
  result?: Record<string, unknown> | null
  created_at?: string
  ended_at?: string | null
}

export const ended = (j: Job) => j.state === 'done' || j.state === 'failed' || j.state === 'cancelled'

/** What it is, in the page's language. */
export const jobKind = (j: Job): string => t(has(`job.${j.kind}`) ? (`job.${j.kind}` as Key) : 'job.other')

/** Calls `seen` at every change; resolves with the ended job. A lost connection is tried again for a minute; signed out,
 *  it waits until the person is back. */
export async function watchJob(id: string, seen: (j: Job) => void, signal: AbortSignal): Promise<Job> {
  let misses = 0
  for (;;) {
    signal.throwIfAborted()
    try {
      const job = await get<Job>(`/api/v1/jobs/${id}`, signal)
      misses = 0
      seen(job)
      if (ended(job)) return job
    } catch (reason) {
      if (reason instanceof ApiError && reason.status === 401) {
        await session.back(signal)
        continue
      }
      const lost = reason instanceof ApiError && (reason.status === 0 || reason.status === 503)
      if (!lost || ++misses > 60) throw reason
    }
    await nextChange(id, signal)
  }
}

/** Resolves at the job's next event, after an error of the stream, or after two seconds at the latest. */
function nextChange(id: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const events = new EventSource(`/api/v1/jobs/${id}/events`)
    let first = true
    const done = () => {
      events.close()
      clearTimeout(wait)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const wait = setTimeout(done, 2000)
    signal.addEventListener('abort', done)
    const onEvent = () => {
      if (!first) done() // the first one says what is known already
      first = false
    }
    events.onmessage = onEvent
    for (const name of ['job', 'progress', 'state', 'end']) events.addEventListener(name, onEvent)
    events.onerror = () => {
      clearTimeout(wait)
      setTimeout(done, 1000)
      events.close()
    }
  })
}

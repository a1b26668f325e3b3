/**
 * One thing read from the server, with its states: waiting, failed, there; the old value stays while a new one comes.
 *
 *   const stats = loader((signal) => get<Stats>('/api/…', signal))
 *   $effect(() => stats.run())        // again whenever what the function reads changes
 */
import { ApiError } from './api'
import { session } from './session.svelte'

export class Loader<T> {
  value = $state.raw<T | null>(null)
  error = $state.raw<ApiError | null>(null)
  busy = $state(false)
  #stop: AbortController | null = null
  #fetch: (signal: AbortSignal) => Promise<T>

  constructor(fetch: (signal: AbortSignal) => Promise<T>) {
    this.#fetch = fetch
  }

  run(): () => void {
    void session.turn // signed in again: read again
    this.#stop?.abort()
    const stop = new AbortController()
    this.#stop = stop
    this.busy = true
    this.#fetch(stop.signal).then(
      (value) => {
        if (stop.signal.aborted) return
        this.value = value
        this.error = null
        this.busy = false
      },
      (reason: unknown) => {
        if (stop.signal.aborted) return
        this.error = reason instanceof ApiError ? reason : new ApiError(0, 'unexpected', String(reason))
        this.busy = false
      },
    )
    return () => stop.abort()
  }
}

export const loader = <T>(fetch: (signal: AbortSignal) => Promise<T>) => new Loader<T>(fetch)

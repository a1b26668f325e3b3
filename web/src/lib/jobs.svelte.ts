/** Long work of the organisation, for the bell in the top bar: read often while something runs, seldom otherwise. */
import { get, type Page } from './api'
import { datasets } from './datasets.svelte'
import { ended, type Job } from './jobs'
import { session } from './session.svelte'

class Jobs {
  list = $state.raw<Job[]>([])
  running = $derived(this.list.filter((j) => !ended(j)))
  #seen: string | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  async read(): Promise<void> {
    clearTimeout(this.#timer)
    if (!session.may('dataset_read')) return
    try {
      this.list = (await get<Page<Job>>('/api/v1/jobs?limit=8')).items
      // Begun or ended, here or in another window, by somebody else: the data sets are no longer what was read.
      const state = this.list.map((j) => j.id + ended(j)).join()
      if (this.#seen !== null && this.#seen !== state) void datasets.read().catch(() => undefined)
      this.#seen = state
    } catch {
      // The bell is not the place for errors: whatever the person does next tells them.
    }
    this.#timer = setTimeout(() => void this.read(), this.running.length ? 2000 : 20000)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.list = []
    this.#seen = null
  }
}

export const jobs = new Jobs()

/** Who is signed in, and what they may do: the server says it with the session. */
import { ApiError, call, get, whenSignedOut } from './api'

export type Role = 'admin' | 'analyst' | 'manager' | 'operator' | 'client'
export const roles: Role[] = ['admin', 'analyst', 'manager', 'operator', 'client']
export type Permission =
  | 'people' | 'orgs' | 'tokens' | 'links' | 'audit' | 'metrics' | 'backup' | 'dataset_read' | 'dataset_write' | 'statistics'
  | 'customer_read' | 'customer_list' | 'customer_write' | 'contact' | 'export' | 'recommend' | 'voucher' | 'settings' | 'report' | 'integrations'
  | 'model_read' | 'model_write' | 'dashboard'

export interface User {
  id: string
  email: string
  role: Role
  org: string
  org_id: string
  bank: boolean
  may: string[]
}

const SIGNED_IN = 'signed-in'

class Session {
  user = $state.raw<User | null>(null)
  known = $state(false) // false until the first answer
  ended = $state(false) // was signed in, then the server said no
  turn = $state(0) // counts sign-ins: what was being read is read again

  #returning: (() => void)[] = []

  constructor() {
    whenSignedOut(() => {
      // The page stays as it was behind the sign-in, so that nothing typed is lost.
      if (this.user) this.ended = true
    })
    // Signed in again in one window, the others go on as well.
    addEventListener('storage', (e) => e.key === SIGNED_IN && this.ended && void this.#again())
  }

  async #again(): Promise<void> {
    try {
      this.#entered((await get<{ user: User }>('/api/v1/session')).user)
    } catch {
      // Still signed out: this window asks for itself.
    }
  }

  #entered(user: User): void {
    this.user = user
    this.ended = false
    this.turn++
    for (const go of this.#returning.splice(0)) go()
  }

  async start(): Promise<void> {
    try {
      this.user = (await get<{ user: User }>('/api/v1/session')).user
    } catch (reason) {
      if (!(reason instanceof ApiError) || reason.status !== 401) throw reason
    }
    this.known = true
  }

  async signIn(email: string, password: string, remember: boolean): Promise<void> {
    const answer = await call<{ user: User }>('POST', '/api/v1/session', { email, password, remember })
    this.#entered(answer.user)
    localStorage.setItem(SIGNED_IN, String(Date.now()))
  }

  /** Resolves when somebody has signed in again; what then goes on must ask whether it is the same person. */
  back(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#returning.push(resolve)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }

  async signOut(everywhere = false): Promise<void> {
    await call('DELETE', everywhere ? '/api/v1/sessions' : '/api/v1/session')
    this.user = null
    this.ended = false
  }

  may(p: Permission): boolean {
    return this.user?.may.includes(p) ?? false
  }
}

export const session = new Session()

/** The server's answers and errors; every call of the page goes through here. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly retryAfter: number | null = null,
  ) {
    super(message)
  }
}

/** Called when the session has ended, so that the shell can ask for the password again. */
let onSignedOut: () => void = () => {}
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler
}

async function errorOf(answer: Response): Promise<ApiError> {
  const after = Number(answer.headers.get('Retry-After'))
  try {
    const { error } = await answer.json()
    return new ApiError(answer.status, error.code, error.message, error.field ?? null, after || null)
  } catch {
    return new ApiError(answer.status, 'unreadable', answer.statusText, null, after || null)
  }
}

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      signal,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch (reason) {
    if (signal?.aborted) throw reason
    throw new ApiError(0, 'connection_lost', String(reason))
  }
  if (!answer.ok) {
    const error = await errorOf(answer)
    if (error.status === 401 && path !== '/api/v1/session') onSignedOut()
    throw error
  }
  return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T)
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>('GET', path, undefined, signal)

export interface UploadProgress {
  sent: number
  total: number
}

/** fetch cannot report what was sent, so an upload is the one place for XMLHttpRequest. */
export function upload<T>(
  path: string,
  form: FormData,
  onProgress: (p: UploadProgress) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.responseType = 'text'
    request.upload.onprogress = (e) => onProgress({ sent: e.loaded, total: e.total })
    request.onerror = () => reject(new ApiError(0, 'connection_lost', ''))
    request.onabort = () => reject(new DOMException('', 'AbortError'))
    request.onload = () => {
      let answer: { error?: { code: string; message: string; field?: string } } = {}
      try {
        answer = JSON.parse(request.responseText)
      } catch {
        // An answer that is not JSON is reported by its status below.
      }
      if (request.status >= 200 && request.status < 300) return resolve(answer as T)
      if (request.status === 401) onSignedOut()
      reject(
        new ApiError(
          request.status,
          answer.error?.code ?? 'unreadable',
          answer.error?.message ?? request.statusText,
          answer.error?.field ?? null,
        ),
      )
    }
    signal.addEventListener('abort', () => request.abort())
    request.send(form)
  })
}

/** A list answer of CONTRACT §2. */
export interface Page<T> {
  items: T[]
  next: string | null
  total: number
}

/** Adds the parameters that have a value. */
export function withQuery(path: string, query: Record<string, string | number | null | undefined>): string {
  const q = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') q.set(key, String(value))
  }
  const text = q.toString()
  return text ? `${path}?${text}` : path
}

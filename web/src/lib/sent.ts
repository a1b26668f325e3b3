/** Why something has not arrived, by the server's stable words (src/connect/sent.h). */
import type { Key } from './i18n.svelte'

const known = [
  'away', 'certificate', 'encryption', 'private_address', 'no_bot', 'no_mail_server', 'login', 'refused', 'busy', 'answer',
  'redirect', 'gone', 'chat_closed', 'token', 'moving', 'address', 'target_off', 'target_removed', 'message', 'trouble',
] as const

/** The text for the reason; null where only the server's own sentence is known. */
export const deliveryReason = (code: string | null): Key | null =>
  (known as readonly string[]).includes(code ?? '') ? (`delivery.why.${code}` as Key) : null

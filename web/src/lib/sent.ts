/** Why something has not arrived, by the server's stable words (src/connect/sent.h). */
import type { Key } from './i18n.svelte'

export const known = [
  'away', 'certificate', 'encryption', 'private_address', 'no_bot', 'no_mail_server', 'login', 'refused', 'busy', 'answer',
  'redirect', 'gone', 'chat_closed', 'token', 'moving', 'address', 'target_off', 'target_removed', 'message', 'trouble',
] as const

/** The text for the reason; what the server says besides is a detail. */
export const deliveryReason = (code: string | null): Key =>
  (known as readonly string[]).includes(code ?? '') ? (`delivery.why.${code}` as Key) : 'delivery.why.message'

/** Why nothing is sent to a target. */
export const offReason = (code: string | null): Key => (code === 'person' ? 'sending.off.person' : deliveryReason(code))

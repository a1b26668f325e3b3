/** The checks of the server, made beside each field while the person is still there; the server has the last word. */
import type { Key } from './i18n.svelte'

export interface Fields {
  id: string
  last_name: string
  first_name: string
  middle_name: string
  birth_date: string
  birth_place: string
  phone: string
  email: string
}
export type Problems = Partial<Record<keyof Fields, Key>>

export function problems(f: Fields, isNew: boolean, today = new Date().toISOString().slice(0, 10)): Problems {
  const p: Problems = {}
  if (isNew && !f.id.trim()) p.id = 'wrong.id'
  if (isNew && !f.last_name.trim() && !f.first_name.trim()) p.last_name = 'wrong.name'
  if (f.birth_date && (!/^\d{4}-\d{2}-\d{2}$/.test(f.birth_date) || f.birth_date > today || f.birth_date < '1880')) p.birth_date = 'wrong.birth_date'
  const digits = f.phone.replace(/\D/g, '').length
  if (f.phone && (digits < 5 || digits > 15 || /[^\d\s()+.\-/]/.test(f.phone))) p.phone = 'wrong.phone'
  if (f.email && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(f.email)) p.email = 'wrong.email'
  return p
}

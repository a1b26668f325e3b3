/** "Firefox, Linux" out of a User-Agent; null when it says nothing known. Names of programs are not translated. */
export function agentName(agent: string | null): string | null {
  if (!agent) return null
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari', 'curl', 'python-requests'].find((b) => agent.includes(b))
  const system = ['Android', 'iPhone', 'Windows', 'Mac OS', 'Linux'].find((s) => agent.includes(s))
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'macOS' }
  const parts = [browser, system].filter((x) => x !== undefined).map((x) => names[x] ?? x)
  return parts.length ? parts.join(', ') : null
}

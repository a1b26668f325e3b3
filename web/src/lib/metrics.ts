/** The sum of a metric of the Prometheus text over its labels; `has` keeps the lines that contain it. */
export function metric(text: string, name: string, has = ''): number {
  let sum = 0
  for (const line of text.split('\n')) {
    if (!line.startsWith(name) || !/[{ ]/.test(line.charAt(name.length)) || !line.includes(has)) continue
    sum += Number(line.slice(line.lastIndexOf(' ') + 1)) || 0
  }
  return sum
}

/** A duration in ms for people; `null` is no limit. */
export function duration(ms: number | null): string {
  if (ms === null) return 'no limit'
  if (ms < 0) return '0 ms'
  if (ms < 999.5) return ms > 0 && ms < 0.95 ? '< 1 ms' : `${Math.round(ms)} ms`
  if (ms < 9_950) return `${trimmed(ms / 1_000)} s`
  if (ms < 59_500) return `${Math.round(ms / 1_000)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.round(minutes / 60)
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function pair(many: number, unit: string, few: number, smaller: string): string {
  return few === 0 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}

/** How long ago something was; without a unit below a second, so that it does not flicker. */
export function ago(ms: number): string {
  return ms < 1_500 ? 'just now' : `${duration(Math.round(ms / 1_000) * 1_000)} ago`
}

/** The time of day of the reader, such as `14:03:07`; with `precise`, to the millisecond. */
export function timeOfDay(at: number, precise = false): string {
  const date = new Date(at)
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => two(part))
  const time = `${hours}:${minutes}:${seconds}`
  return precise ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `1 resource`, `3 resources`. */
export function count(many: number, what: string, plural = `${what}s`): string {
  return `${many} ${many === 1 ? what : plural}`
}

/** `a, b and c`; of more than `most`, the first ones and how many others there are. */
export function listed(names: readonly string[], most = 5): string {
  const shown = names.length > most ? [...names.slice(0, most - 1), count(names.length - most + 1, 'other')] : names
  if (shown.length < 2) return shown.join('')
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** A measured value with three significant digits, at most one after the point. */
export function measured(value: number, unit: string): string {
  return unit === 'ms' ? duration(value) : `${trimmed(value)} ${unit}`.trim()
}

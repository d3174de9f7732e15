import type { WorkInFlight, WorkSnapshot } from '@keelson/kernel'
import { duration } from './duration.js'

/** `GET /export 8.2 s, job 4711 3.1 s and 4 more`: what there is when a drain begins. */
export function workList({ count, oldest }: WorkSnapshot, most = 3): string {
  const named = oldest.slice(0, most).map(({ label, sinceMs }) => `${label} ${duration(sinceMs)}`)
  return withOthers(named.join(', '), count - named.length)
}

/** `GET /sse for 6.7 s: an event stream: end it when drainSignal(req) aborts; job 4711 for 3.1 s`: why a drain is not over. */
export function workReason({ count, oldest }: WorkSnapshot, most = 3): string {
  const shown = oldest.slice(0, most)
  const separator = shown.some(({ hint }) => hint !== undefined) ? '; ' : ', '
  return withOthers(shown.map(itemText).join(separator), count - shown.length)
}

/** Of several resources together. */
export function allWork(parts: readonly WorkSnapshot[]): WorkSnapshot {
  const oldest = parts.flatMap(({ oldest }) => oldest).sort((a, b) => b.sinceMs - a.sinceMs)
  return { count: parts.reduce((sum, { count }) => sum + count, 0), oldest: oldest.slice(0, 5) }
}

/** For a log line: whole milliseconds. */
export function workFields({ count, oldest }: WorkSnapshot): WorkSnapshot {
  return { count, oldest: oldest.map((item) => ({ ...item, sinceMs: Math.round(item.sinceMs) })) }
}

function itemText({ label, sinceMs, hint }: WorkInFlight): string {
  return `${label} for ${duration(sinceMs)}${hint === undefined ? '' : `: ${hint}`}`
}

function withOthers(text: string, others: number): string {
  return others > 0 ? `${text} and ${others} more` : text
}

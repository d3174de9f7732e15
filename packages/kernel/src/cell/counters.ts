import { attempt, isObject } from '../foreign.js'

/** Tells what a resource counts, such as the requests that a server has refused. */
export type CountReader = () => Readonly<Record<string, number>>

/** More of them than a reader of snapshots would look at. */
const MOST = 50

/** What these tell now, as plain data; undefined when that is nothing. A reader that fails tells of nothing. */
export function readCounts(readers: Iterable<CountReader>): Readonly<Record<string, number>> | undefined {
  const counts = new Map<string, number>()
  for (const reader of readers) {
    const told = attempt<unknown>(reader)
    if (!isObject(told)) continue
    for (const [name, count] of attempt(() => Object.entries(told)) ?? [])
      if (Number.isFinite(count) && counts.size < MOST) counts.set(name, count)
  }
  return counts.size === 0 ? undefined : Object.fromEntries(counts)
}

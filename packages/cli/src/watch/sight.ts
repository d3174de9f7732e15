import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, type Source } from './sources.js'
import type { View } from './view.js'

/** What is seen now: the last view, and whether it is still true. */
export interface Sight {
  readonly source: string
  readonly view: View | undefined
  /** When that view came, by `performance.now()`. */
  readonly seenAt: number
  /** Why nothing newer comes; absent while it does. */
  readonly stale?: { readonly reason: string; readonly againAt: number }
}

/** In ms: before it is tried again for the first time, and at the most. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5_000

/** Looks until somebody asks for the end: what is lost is tried again, for ever. */
export async function look(source: Source, signal: AbortSignal, tell: (sight: Sight) => void): Promise<void> {
  let sight: Sight = { source: source.text, view: undefined, seenAt: performance.now() }
  let pause = FIRST_PAUSE
  while (!signal.aborted) {
    const reason = await source
      .follow(signal, (view) => {
        pause = FIRST_PAUSE
        sight = { source: source.text, view, seenAt: performance.now() }
        tell(sight)
      })
      .then(() => 'it is over', reasonOf)
    if (signal.aborted) return
    sight = { ...sight, stale: { reason, againAt: performance.now() + pause } }
    tell(sight)
    await sleep(pause, undefined, { signal }).catch(() => {})
    pause = Math.min(LONGEST_PAUSE, pause * 2)
  }
}

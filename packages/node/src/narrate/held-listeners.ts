import { some } from '../words/duration.js'

/** A listener of others that is called when the kernel has stopped, and where it stands, as far as that is known. */
export interface HeldListener {
  readonly event: string
  /** Of the function. */
  readonly name?: string
  readonly package?: string
  /** `file:line` */
  readonly at?: string
}

/** X6: who listens to signals besides `run()`, and when that is called. */
export function heldRows(listeners: readonly HeldListener[]): string[] {
  const events = new Map<string, string[]>()
  for (const { event, at, name } of listeners) {
    const where = at ?? `${name ?? 'a listener'} of unknown origin`
    const known = events.get(where)
    if (known === undefined) events.set(where, [event])
    else if (!known.includes(event)) known.push(event)
  }
  if (events.size === 0) return []
  const texts = Array.from(events, ([where, names]) => `${where} (${names.join(', ')})`)
  const reload = listeners.find(({ event, package: of, at }) => event === 'SIGHUP' && of === undefined && at !== undefined)
  return [
    `   called when it has stopped: ${some(texts)}`,
    ...(reload === undefined ? [] : [`   leave SIGHUP out of the signals of run() if ${reload.at} is to be called before`]),
  ]
}

import { bounded } from './bounded.js'
import type { ClientWatch } from './client-watch.js'
import type { Secrets } from './secrets.js'

export interface Opening<T> {
  open(): Promise<T>
  /** Ends an opening that is given up, and whatever it has opened so far. */
  close(): Promise<unknown>
  /** Absent until there is a client. */
  watch(): ClientWatch | undefined
}

/**
 * Opens within `ms`, or fails with what the driver knows of the servers, or as soon as the signal aborts; either way nothing stays open.
 *
 * @throws whatever the driver throws, never with credentials.
 */
export async function open<T>(opening: Opening<T>, ms: number, signal: AbortSignal, secrets: Secrets): Promise<T> {
  try {
    signal.throwIfAborted()
    const late = () => unreachable(ms, opening.watch()?.failure)
    return await bounded(opening.open(), ms, signal, late)
  } catch (error) {
    await opening.close()
    throw secrets.hide(error)
  }
}

function unreachable(ms: number, failure: unknown): Error {
  const why = failure instanceof Error ? failure.message : 'no server answered'
  return new Error(`no connection within ${Math.round(ms)} ms: ${why}`, failure === undefined ? {} : { cause: failure })
}

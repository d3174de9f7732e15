import { bounded } from './bounded.js'
import type { ClientWatch } from './client-watch.js'
import type { Secrets } from './secrets.js'

export interface Opening<T> {
  open(): Promise<T>
  /** Ends an opening that is given up, and whatever it has opened so far; called again when it opens even so. */
  close(): Promise<unknown>
  /** Absent until there is a client. */
  watch(): ClientWatch | undefined
}

/** How long an opening that failed may take to close before its failure is told; the closing goes on, in ms. */
const CLOSING = 1_000

/**
 * Opens within `ms`, or fails with what the driver knows of the servers, or as soon as the signal aborts; either way nothing stays open.
 *
 * @throws whatever the driver throws, never with credentials.
 */
export async function open<T>(opening: Opening<T>, ms: number, signal: AbortSignal, secrets: Secrets): Promise<T> {
  let opened: Promise<T> | undefined
  try {
    signal.throwIfAborted()
    opened = opening.open()
    return await bounded(opened, ms, signal, () => unreachable(ms, opening.watch()?.failure))
  } catch (error) {
    await bounded(giveUp(opening, opened), CLOSING, new AbortController().signal, () => undefined).catch(() => {})
    throw secrets.hide(error)
  }
}

/** A client that is closed while it looks up names or reads its certificates connects all the same, once it has them. */
async function giveUp<T>(opening: Opening<T>, opened: Promise<T> | undefined): Promise<void> {
  opened?.then(() => opening.close()).catch(() => {})
  await opening.close()
}

function unreachable(ms: number, failure: unknown): Error {
  const why = failure instanceof Error ? failure.message : 'no server answered'
  return new Error(`no connection within ${Math.round(ms)} ms: ${why}`, failure === undefined ? {} : { cause: failure })
}

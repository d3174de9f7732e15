import { bounded } from './bounded.js'
import type { ClientWatch } from './client-watch.js'
import { markPermanent } from './permanent.js'
import type { Secrets } from './secrets.js'

export interface Opening<T> {
  open(): Promise<T>
  /** Ends an opening that was given up and closes what it has opened; called again if it succeeds after all. */
  close(): Promise<unknown>
  /** Undefined until there is a client. */
  watch(): ClientWatch | undefined
}

/** Milliseconds that a failed start waits for its closing, which goes on afterwards. */
const CLOSING = 1_000

/**
 * Opens within `ms`; otherwise, and when the signal aborts, rejects with the driver's reason and leaves nothing open.
 *
 * @throws the error of the driver, without credentials.
 */
export async function open<T>(opening: Opening<T>, ms: number, signal: AbortSignal, secrets: Secrets): Promise<T> {
  let opened: Promise<T> | undefined
  try {
    signal.throwIfAborted()
    opened = opening.open()
    return await bounded(opened, ms, signal, () => unreachable(ms, opening.watch()?.failure))
  } catch (error) {
    await bounded(giveUp(opening, opened), CLOSING, new AbortController().signal, () => undefined).catch(() => {})
    throw markPermanent(secrets.hide(error))
  }
}

/** A client that is closed during its DNS lookup, or while it reads certificates, connects after that all the same: close it again. */
async function giveUp<T>(opening: Opening<T>, opened: Promise<T> | undefined): Promise<void> {
  opened?.then(() => opening.close()).catch(() => {})
  await opening.close()
}

function unreachable(ms: number, failure: unknown): Error {
  const why = failure instanceof Error ? failure.message : 'no server answered'
  return new Error(`no connection within ${Math.round(ms)} ms: ${why}`, failure === undefined ? {} : { cause: failure })
}

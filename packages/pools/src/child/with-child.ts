import { systemClock } from '@keelson/kernel'
import { onAbort } from '../wait/on-abort.js'
import { settledWithin } from '../wait/settled-within.js'
import type { ServerProcess } from './server-process.js'

/** Milliseconds that a child may take to end after one of its pipes has closed. */
export const END_FOLLOWS = 200

/** Codes of errors that may be caused by a child that is about to end. */
const BROKEN = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_WRITE_AFTER_END']

/**
 * Runs `work` with a child that has just started. Rejects, and ends the child, when `work` fails, when the child ends first, or when
 * the signal aborts.
 *
 * @throws whatever `work` throws, or why the child ended.
 */
export async function withChild<R>(child: ServerProcess, signal: AbortSignal, work: () => R): Promise<Awaited<R>> {
  let unsubscribe = () => {}
  const aborted = new Promise<never>((_, reject) => {
    unsubscribe = onAbort(signal, () => reject(signal.reason))
  })
  const died = child.closed.then(() => Promise.reject(child.why))
  died.catch(() => {})
  const made = (async () => work())()
  made.catch(() => {})
  try {
    signal.throwIfAborted()
    return (await Promise.race([died, aborted, made])) as Awaited<R>
  } catch (error) {
    // The error may be a consequence of the child's end, which says more: wait for that shortly.
    if (BROKEN.includes((error as NodeJS.ErrnoException | undefined)?.code ?? ''))
      await settledWithin(died, END_FOLLOWS, systemClock)
    const ended = child.failed && !signal.aborted
    await child.stop(0)
    throw ended ? child.why : error
  } finally {
    unsubscribe()
  }
}

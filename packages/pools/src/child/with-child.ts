import { systemClock } from '@keelson/kernel'
import { onAbort } from '../wait/on-abort.js'
import { settledWithin } from '../wait/settled-within.js'
import type { ServerProcess } from './server-process.js'

/** How long after the end of one of its pipes a child that ends may take to do so, in ms. */
export const END_FOLLOWS = 200

/** What fails with one of these may fail because the child is about to end. */
const BROKEN = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_WRITE_AFTER_END']

/**
 * What `work` makes of a child that has just started; the child is ended when that fails, when it ends before, or when the signal
 * aborts.
 *
 * @throws whatever `work` throws, or why the child ended.
 */
export async function withChild<R>(child: ServerProcess, signal: AbortSignal, work: () => R): Promise<Awaited<R>> {
  let letGo = () => {}
  const aborted = new Promise<never>((_, reject) => {
    letGo = onAbort(signal, () => reject(signal.reason))
  })
  const died = child.closed.then(() => Promise.reject(child.why))
  died.catch(() => {})
  const made = (async () => work())()
  made.catch(() => {})
  try {
    signal.throwIfAborted()
    return (await Promise.race([died, aborted, made])) as Awaited<R>
  } catch (error) {
    // A child that dies breaks whatever is being made of it: its end says more.
    if (BROKEN.includes((error as NodeJS.ErrnoException | undefined)?.code ?? ''))
      await settledWithin(died, END_FOLLOWS, systemClock)
    const ended = child.failed && !signal.aborted
    await child.stop(0)
    throw ended ? child.why : error
  } finally {
    letGo()
  }
}

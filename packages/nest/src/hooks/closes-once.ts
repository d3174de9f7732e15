import type { StartContext } from '@keelson/kernel'
import type { INestApplicationContext } from '@nestjs/common'
import { define, methodOf } from './follow-hooks.js'
import { signalIn } from './hook-runs.js'

/**
 * Closes an app, once: whoever else calls its `close()`, as a listener of signals does, gets the same promise, and no hook is called twice.
 * While it drains that is left to what is returned: its providers live until the last request is answered. Hooks hear of a signal when
 * that was the reason of the shutdown.
 */
export function closesOnce(app: INestApplicationContext, { stopping }: StartContext): () => Promise<void> {
  const close = methodOf(app, 'close')
  let closed: Promise<void> | undefined
  let over = (_: Promise<void>) => {}
  const later = new Promise<void>((resolve) => {
    over = resolve
  })
  const closeNow = (signal?: unknown) => {
    if (closed === undefined) {
      closed = close.call(app, signal) as Promise<void>
      over(closed)
      later.catch(() => {}) // it is told by the one that was called
    }
    return closed
  }
  define(app, 'close', (signal?: string) => (stopping.aborted ? (closed ?? later) : closeNow(signal)))
  return () => closeNow(stopping.aborted ? signalIn((stopping.reason as Error).message) : undefined)
}

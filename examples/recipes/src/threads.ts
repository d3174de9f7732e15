import { resource } from '@keelson/kernel'
import { Piscina } from 'piscina'

/** What would hold up the event loop, in threads of its own. */
export const threads = resource('threads', {
  start: (_, ctx) => {
    const pool = new Piscina({ filename: new URL('./digest.mjs', import.meta.url).href })
    ctx.defer(() => pool.destroy())
    ctx.counters(() => ({ threads: pool.threads.length, queued: pool.queueSize, done: pool.completed }))
    // Tracked: it is listed while it goes on, and the drain waits for it.
    return { digest: (text: string): Promise<string> => ctx.track('digest', () => pool.run(text)) }
  },
  timeouts: { drain: Number.POSITIVE_INFINITY }, // what the budget of the shutdown leaves
})

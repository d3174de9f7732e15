import { setTimeout as sleep } from 'node:timers/promises'
import { type Resource, resource } from '@keelson/kernel'
import type { Audience } from './audience.js'

/** A client that starts the proxy says at once who it is. One that does not, in ms, is not waited for. */
const PATIENCE = 2_000

/**
 * Starts when the servers may: they are told at their start what their client can do, so where there is one client, `waits`, it has to
 * have come.
 */
export function arrival(name: string, audience: Audience, waits: boolean): Resource<unknown> {
  return resource(name, {
    start: async (_deps, { signal }) => {
      if (!waits) return
      const over = new AbortController()
      const late = sleep(PATIENCE, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => {})
      await Promise.race([audience.joined, late])
      over.abort()
    },
    impact: 'none',
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type StopContext, systemClock } from '@keelson/kernel'
import type { ClientLike } from './client-watch.js'
import { poolUse } from './pool-use.js'

/** Milliseconds before the end of its time at which it says what is still in flight. */
const LAST_WORD = 50
/** Milliseconds from one look at the pools to the next. */
const LOOK = 20

/**
 * Waits for the commands that are in flight, and for cursors and transactions that hold a connection: `MongoClient.close()` would cut
 * them off.
 *
 * @throws when time is nearly up, with how many connections are still in use.
 */
export async function drainClient(client: ClientLike, ctx: StopContext): Promise<void> {
  for (let use = poolUse(client); use !== undefined && use.inUse + use.waiting > 0; use = poolUse(client)) {
    const rest = ctx.deadline - LAST_WORD - systemClock.now()
    if (rest <= 0) throw new Error(`connections that are still in use: ${use.inUse}; commands that wait for one: ${use.waiting}`)
    await sleep(Math.min(LOOK, rest), undefined, { signal: ctx.signal })
  }
}

import { type StopContext, systemClock } from '@keelson/kernel'
import type { ClientLike } from './client-watch.js'
import { ping } from './ping.js'

/** Milliseconds that a server may take to answer a ping; otherwise the client is closed without `endSessions`. */
const LAST_PING = 1_000

/**
 * Closes the client without waiting for a server that is away. `MongoClient.close()` sends `endSessions` first; if that needs a new
 * connection it waits for `serverSelectionTimeoutMS` or `connectTimeoutMS`, 30 s each.
 */
export async function closeClient(client: ClientLike, ctx: StopContext, close = () => client.close()): Promise<void> {
  const limit = Math.min(LAST_PING, (ctx.deadline - systemClock.now()) / 2)
  const answered = await ping(client, limit, ctx.signal).then(
    () => true,
    () => false,
  )
  if (!answered) cutOff(client)
  await close()
}

/**
 * Closes the client's monitors, pools and commands in flight at once. The driver has no public API for it; a version without these
 * internals closes by its timeouts.
 */
export function cutOff(client: ClientLike): void {
  const { topology } = client as { topology?: { closeCheckedOutConnections?(): void; close?(): void } }
  topology?.closeCheckedOutConnections?.()
  topology?.close?.()
}

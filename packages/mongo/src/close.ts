import type { StopContext } from '@keelson/kernel'
import type { ClientLike } from './client-watch.js'
import { ping } from './ping.js'

/** How long a server may take to show that it is there, before the client is closed without a goodbye, in ms. */
const LAST_PING = 1_000

/**
 * Closes the client without waiting for a server that is gone. `MongoClient.close()` says goodbye to the server first
 * (`endSessions`), and where that needs a new connection it waits out `serverSelectionTimeoutMS` or `connectTimeoutMS`, 30 s each.
 */
export async function closeClient(client: ClientLike, ctx: StopContext, close = () => client.close()): Promise<void> {
  const limit = Math.min(LAST_PING, (ctx.deadline - Date.now()) / 2)
  const answered = await ping(client, limit, ctx.signal).then(
    () => true,
    () => false,
  )
  if (!answered) cutOff(client)
  await close()
}

/**
 * Closes the client's monitors, pools and what is in flight at once. The driver has no public way to do it; a version that no longer has this
 * internal one is left to its timeouts.
 */
export function cutOff(client: ClientLike): void {
  const { topology } = client as { topology?: { closeCheckedOutConnections?(): void; close?(): void } }
  topology?.closeCheckedOutConnections?.()
  topology?.close?.()
}

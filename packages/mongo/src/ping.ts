import { bounded } from './bounded.js'
import { type ClientLike, ClientWatch } from './client-watch.js'

/**
 * Asks a server for a sign of life, for at most `ms`. The ping itself is aborted too, which closes its connection: on a server
 * that answers nothing it would wait for ever, for neither `timeoutMS` nor a lost heartbeat ends it.
 *
 * @throws why no server can be used, where the driver knows; never with credentials.
 */
export async function ping(client: ClientLike, ms: number, signal: AbortSignal): Promise<void> {
  const giveUp = new AbortController()
  const watch = ClientWatch.of(client)
  try {
    const late = () => watch?.failure ?? new Error(`no server answered a ping within ${Math.round(ms)} ms`)
    // A command goes to the primary, whatever the client prefers, unless it is told otherwise.
    const readPreference = client.readPreference.mode === 'primary' ? 'primary' : 'nearest'
    const asked = client.db('admin').command({ ping: 1 }, { signal: giveUp.signal, readPreference })
    await bounded(asked, ms, signal, late)
  } catch (error) {
    throw watch ? watch.secrets.hide(error) : error
  } finally {
    giveUp.abort()
  }
}

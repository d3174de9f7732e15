import { bounded } from './bounded.js'
import { type ClientLike, ClientWatch } from './client-watch.js'

/**
 * Pings a server, for at most `ms`. The command is aborted as well, which closes its connection: on a server that answers nothing it
 * would never end, since neither `timeoutMS` nor a lost heartbeat ends it.
 *
 * @throws the driver's reason why no server can be used, if it has one; without credentials.
 */
export async function ping(client: ClientLike, ms: number, signal: AbortSignal): Promise<void> {
  const giveUp = new AbortController()
  const watch = ClientWatch.of(client)
  try {
    const late = () => watch?.failure ?? new Error(`no server answered a ping within ${Math.round(ms)} ms`)
    // Without this a command goes to the primary, whatever the client's own readPreference is.
    const readPreference = client.readPreference.mode === 'primary' ? 'primary' : 'nearest'
    const asked = client.db('admin').command({ ping: 1 }, { signal: giveUp.signal, readPreference })
    await bounded(asked, ms, signal, late)
  } catch (error) {
    throw watch ? watch.secrets.hide(error) : error
  } finally {
    giveUp.abort()
  }
}

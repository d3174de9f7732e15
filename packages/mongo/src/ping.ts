import { bounded } from './bounded.js'
import { type ClientLike, ClientWatch } from './client-watch.js'
import { poolUse } from './pool-use.js'

/** Heartbeats that a server may owe while no connection is free for a ping. */
const HEARTBEATS = 2

/**
 * Checks that a server answers: with a ping, or by the heartbeats of the last while when all connections are in use, for a ping would
 * wait until one is free.
 *
 * @throws the driver's reason why no server can be used, if it has one; without credentials.
 */
export async function check(client: ClientLike, ms: number, signal: AbortSignal): Promise<void> {
  try {
    if (!poolUse(client)?.full) return await ping(client, ms, signal)
  } catch (error) {
    if (!poolUse(client)?.full) throw error
  }
  const watch = ClientWatch.of(client)
  if (watch?.failure !== undefined) throw watch.failure
  const silentMs = watch?.silentMs ?? 0
  const frequency = client.options?.heartbeatFrequencyMS ?? 10_000
  if (silentMs <= HEARTBEATS * frequency + ms) return
  throw new Error(`all of its connections are in use, and no heartbeat was answered for ${Math.round(silentMs)} ms`)
}

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

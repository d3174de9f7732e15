import { setTimeout as later } from 'node:timers/promises'
import { askOnce, Connection, request } from '../load/connection.js'
import { listenersOf } from '../system/listeners.js'
import { within } from '../system/within.js'
import type { Facts } from './facts.js'
import { type Running, type Stage, WARM_MS } from './stage.js'
import { withoutClock } from './under-load.js'

const USED = 4
const SILENT = 2
const LEAVING = 3

/** How long after the signal the clients leave, in ms. */
const LEAVE_MS = 30

/** How long the first answers are waited for, in ms. */
const ANSWER_MS = 5_000

const POLL_MS = 20

/** What is open for longer than this after the port was closed has not been closed at once, in ms. */
const AT_ONCE_MS = 1_000

/** Connections that wait for the next request, and some that never had one, must not hold up the end. */
export async function idleKeepAlive(stage: Stage): Promise<Facts> {
  const running = await stage.ready(stage.launch())
  const { address } = running.target
  const used = await connected(running, USED)
  const silent = await connected(running, SILENT)
  const { paths, headers } = stage.options.load
  const asked = used.map((connection) => connection.ask(request(paths[0]!, address, headers, false)))
  await within(Promise.all(asked), ANSWER_MS)
  await stage.pause(WARM_MS / 2)
  const from = running.service.complaints.length
  const at = performance.now()
  running.service.signal('SIGTERM')
  try {
    const [end, portClosedMs = 0] = await Promise.all([stage.end(running, at, 'SIGTERM', from), closing(running, at)])
    const heldOf = (kind: 'idle' | 'silent', connections: Connection[]) =>
      connections.flatMap(({ endedAt = end.exitedAt }) => {
        const ms = endedAt - at - portClosedMs
        return ms > AT_ONCE_MS ? { kind, ms } : []
      })
    const held = [...heldOf('idle', used), ...heldOf('silent', silent)]
    return { scenario: 'idle-keep-alive', ...withoutClock(end), startMs: running.target.startMs, portClosedMs, held }
  } finally {
    for (const connection of [...used, ...silent]) connection.leave()
  }
}

/** Clients that go away in the middle of a request while the service ends: nobody is left to wait for. */
export async function clientLeaves(stage: Stage): Promise<Facts> {
  const running = await stage.ready(stage.launch())
  const { address } = running.target
  const { paths, headers } = stage.options.load
  await askOnce(address, paths[0]!, headers, ANSWER_MS)
  const asking = await connected(running, 2 * LEAVING)
  const halfway = await connected(running, 2 * LEAVING)
  const from = running.service.complaints.length
  for (const [i, connection] of asking.entries()) {
    void connection.ask(request(paths[i % paths.length]!, address, headers, false))
  }
  for (const connection of halfway) connection.send(`GET ${paths[0]} HTTP/1.1\r\nHost: local`)
  await stage.pause(LEAVE_MS)
  const at = performance.now()
  running.service.signal('SIGTERM')
  const leave = async () => {
    await stage.pause(LEAVE_MS)
    for (const [i, connection] of [...asking, ...halfway].entries()) connection.leave(i % 2 === 0)
  }
  const leaving = leave().catch(() => {})
  const [end, portClosedMs] = await Promise.all([stage.end(running, at, 'SIGTERM', from), closing(running, at), leaving])
  const { startMs } = running.target
  return { scenario: 'client-leaves', ...withoutClock(end), startMs, ...(portClosedMs !== undefined && { portClosedMs }) }
}

/** When its port was closed, in ms after the signal: nobody connects to find out, for that would be one more to wait for. */
async function closing({ service, target }: Running, at: number): Promise<number | undefined> {
  for (;;) {
    const listeners = service.exit === undefined ? listenersOf(service.pids()) : []
    if (listeners === undefined) return undefined
    if (!listeners.some(({ port }) => port === target.address.port)) return performance.now() - at
    await later(POLL_MS)
  }
}

async function connected({ target }: Running, count: number): Promise<Connection[]> {
  const connections = Array.from({ length: count }, () => new Connection(target.address))
  await Promise.all(connections.map((connection) => connection.connected))
  return connections
}

import { Load } from '../load/load.js'
import { Readiness } from '../load/readiness.js'
import type { Service } from '../service/service.js'
import type { Facts } from './facts.js'
import { type End, type Running, type Stage, WARM_MS } from './stage.js'

export interface Act {
  readonly signal: Facts['signal']
  /** Sends the signal. */
  send(service: Service): void
  /** What happens between the load and the signal. */
  before?(): Promise<void>
  /** What happens after the signal, as long as the service runs. */
  after?(service: Service): Promise<void>
  /** It has ended when all of its processes have. */
  readonly whole?: boolean
}

/** How long requests that no process can answer any more are waited for, in ms. */
const LAST_MS = 200

/** How long it may take until the end of its port is seen, in ms. */
const SEEN_MS = 1_500

const POLL_MS = 20

/** The end of a service with the load on it from before the signal until it is over. */
export async function underLoad(stage: Stage, running: Running, act: Act): Promise<Omit<Facts, 'scenario'>> {
  const { service, target } = running
  const readiness =
    target.ready && new Readiness(target.ready.address, target.ready.path, stage.options.load.headers, stage.options.notice)
  const load = new Load(target.address, stage.options.load, () => readiness?.advertised ?? false)
  try {
    load.start()
    await stage.pause(WARM_MS)
    stage.verifyPorts(running)
    await act.before?.()
    const endedBefore = service.exit !== undefined
    const from = service.complaints.length
    const at = performance.now()
    load.signal(() => {
      readiness?.signal()
      act.send(service)
    })
    const after = act.after?.(service).catch(() => {})
    const end = await stage.end(running, at, act.signal, endedBefore ? 0 : from, act.whole)
    await after
    // Where nobody said that it is not ready, a balancer goes on for a while.
    for (const most = performance.now() + SEEN_MS + stage.options.notice; readiness?.advertised && performance.now() < most; )
      await stage.pause(POLL_MS)
    await load.stop(LAST_MS)
    return {
      ...withoutClock(end),
      startMs: target.startMs,
      before: load.before,
      requests: load.after,
      ...(endedBefore && { endedBefore }),
      ...(readiness && { readiness: seen(readiness, load.refusedAt, at) }),
    }
  } finally {
    await Promise.all([load.stop(0), readiness?.stop()])
  }
}

export function withoutClock({ exitedAt: _, ...facts }: End): Omit<Facts, 'scenario'> {
  return facts
}

function seen({ flippedAt }: Readiness, closedAt: number | undefined, at: number): NonNullable<Facts['readiness']> {
  return {
    ...(flippedAt !== undefined && { flippedMs: flippedAt - at }),
    ...(closedAt !== undefined && { closedMs: closedAt - at }),
  }
}

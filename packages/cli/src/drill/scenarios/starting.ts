import { setTimeout as later } from 'node:timers/promises'
import { listenersOf } from '../system/listeners.js'
import type { Facts } from './facts.js'
import type { Stage } from './stage.js'
import { withoutClock } from './under-load.js'

/** When the signal comes, as a part of the time that a start takes. */
const MOMENTS = [0.3, 0.6, 0.9]

/** How long after the signal a port may be opened that was about to be, in ms. */
const ABOUT_TO_MS = 500

/** SIGTERM while the service starts, at several moments; of these, what was worst. */
export async function termWhileStarting(stage: Stage): Promise<Facts> {
  const startMs = stage.startMs ?? (await measured(stage))
  let worst: Facts | undefined
  for (const moment of MOMENTS) {
    // No other moment can be worse, and each would take the whole grace.
    if (worst?.killed) break
    const facts = await termAt(stage, moment * startMs)
    if (worst === undefined || badness(facts) > badness(worst)) worst = facts
  }
  return worst!
}

async function termAt(stage: Stage, ms: number): Promise<Facts> {
  const service = stage.launch()
  await stage.pause(ms)
  // Of a start that was faster this time there is nothing to be seen.
  const open = listenersOf(service.pids())?.length ?? 0
  const at = performance.now()
  service.signal('SIGTERM')
  let openedMs: number | undefined
  const watch = async () => {
    while (service.exit === undefined && openedMs === undefined) {
      if ((listenersOf(service.pids())?.length ?? 0) > 0) openedMs = performance.now() - at
      else await later(20)
    }
  }
  const watching = watch()
  const end = await stage.end({ service, pid: undefined }, at, 'SIGTERM', 0)
  await watching
  const servedMs = open === 0 && openedMs !== undefined && openedMs > ABOUT_TO_MS ? openedMs : undefined
  return { scenario: 'term-while-starting', ...withoutClock(end), ...(servedMs !== undefined && { servedMs }) }
}

async function measured(stage: Stage): Promise<number> {
  const { service, target } = await stage.ready(stage.launch())
  service.kill()
  await service.exited
  return target.startMs
}

function badness({ killed, left, servedMs, errors, timeMs }: Facts): number {
  return (killed ? 1e9 : 0) + left.length * 1e8 + (servedMs !== undefined ? 1e7 : 0) + errors.length * 1e6 + timeMs
}

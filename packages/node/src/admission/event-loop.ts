import { performance } from 'node:perf_hooks'
import { clearInterval, now, setInterval } from '../time.js'
import { MOMENT } from './in-flight-limit.js'

/** What was seen of the event loop in the last moment. */
export interface LoopMoment {
  /** By how much the moment was longer than it should have been, in ms. */
  readonly delay: number
  /** The part of the last 100 ms in which it was busy; undefined while that is still being measured. */
  readonly utilization: number | undefined
}

export interface EventLoopWatch {
  /** For how long the turn that goes on has been late, in ms: known at once, also in the middle of it. */
  delay(): number
  end(): void
}

/** How long its utilization is measured, in ms; a turn of the event loop that takes longer makes that longer. */
const MEASURE = 100

/**
 * Looks at the event loop every 10 ms, with a timer that keeps nothing alive. Not by Node's histogram of delays: that tells of a turn when it
 * is over, and of an average of many.
 */
export function watchEventLoop(onMoment: (moment: LoopMoment) => void): EventLoopWatch {
  let last = now()
  let measuredAt = last
  let before = performance.eventLoopUtilization()

  function measure(): number | undefined {
    if (last - measuredAt < MEASURE - MOMENT / 2) return undefined
    measuredAt = last
    const current = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(current, before)
    before = current
    return utilization
  }

  function delay(): number {
    return Math.max(0, now() - last - MOMENT)
  }

  const timer = setInterval(() => {
    const late = delay()
    last = now()
    onMoment({ delay: late, utilization: measure() })
  }, MOMENT).unref()
  return { delay, end: () => clearInterval(timer) }
}

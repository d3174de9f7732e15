import type { Resource } from '@keelson/kernel'
import { must } from '../options.js'
import { clearInterval, now, setInterval } from '../time.js'
import { duration } from '../words/duration.js'
import { checkProcessCheck, type Measured, type ProcessCheckOptions, processCheck } from './process-check.js'

export interface EventLoopDelayOptions extends ProcessCheckOptions {
  /** The longest that the event loop may be held up between two checks, in ms; default 1_000. */
  max?: number
}

/** How often the event loop is looked at, in ms; what is shorter may not be seen. */
const RESOLUTION = 20

/**
 * A resource that is unhealthy while synchronous work holds the event loop up for longer than `max`: with the default monitor, at
 * least once in each of three checks in a row, 10 s apart. Its value has the longest delay before the last check, in ms.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * createKernel([api, eventLoopDelay('event-loop', { max: 500 })])
 */
export function eventLoopDelay(name = 'event-loop', options: EventLoopDelayOptions = {}): Resource<Measured> {
  checkProcessCheck(name, options, {
    max: (value) => must(typeof value === 'number' && value > 0, 'be a number of milliseconds above 0', value),
  })
  const { max = 1_000 } = options
  return processCheck(name, options, () => {
    const delay = new LongestDelay()
    return {
      measure: () => delay.take(),
      problem: (ms) =>
        ms > max
          ? `the event loop was held up for ${duration(ms)}, more than ${duration(max)}; look for synchronous work in a CPU profile`
          : undefined,
      close: () => delay.close(),
    }
  })
}

/** Not Node's own histogram of delays: its reset() loses the delay that has just ended when a check is the first to run after it. */
class LongestDelay {
  #last = now()
  #longest = 0
  readonly #timer = setInterval(() => this.#tick(), RESOLUTION).unref()

  /** Since the last time, in ms. */
  take(): number {
    this.#tick()
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const time = now()
    this.#longest = Math.max(this.#longest, time - this.#last - RESOLUTION)
    this.#last = time
  }
}

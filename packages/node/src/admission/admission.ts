import { ownListener } from '../connections/own-listener.js'
import { duration } from '../words/duration.js'
import type { AdmissionOptions } from './admission-options.js'
import { type EventLoopWatch, type LoopMoment, watchEventLoop } from './event-loop.js'
import { type InFlightLimit, NO_LIMIT, nextLimit } from './in-flight-limit.js'

/** What a request ends by: a response, or a stream of HTTP/2. */
interface Ending {
  once(event: 'close', listener: () => void): unknown
}

/** Decides for each request of a server whether it may pass. */
export interface Admission {
  /** Whether there is room for one more. */
  hasRoom(): boolean
  /** Why there is none, in words. */
  reason(): string
  /** It is let in, and takes room until it ends. */
  admit(ending: Ending): void
  /** It passes without taking room: what it becomes is no request. */
  pass(): void
  refuse(): void
  /** So far. */
  counts(): { admitted: number; refused: number }
  end(): void
}

/** `left` counts handlers that are at work though their client has gone. */
export function createAdmission(options: AdmissionOptions, left: () => number): Admission {
  const { maxInFlight = Number.POSITIVE_INFINITY, maxEventLoopDelay, maxEventLoopUtilization } = options
  const maxDelay = maxEventLoopDelay ?? Number.POSITIVE_INFINITY
  const counts = { admitted: 0, refused: 0 }
  let open = 0
  let limit: InFlightLimit = NO_LIMIT
  let overuse = 0
  /** The most that were open at once, in this measure of the event loop and in the one before. */
  let peak = 0
  let peakBefore = 0
  let refusedBefore = 0
  let lastDelay = 0
  const watched = maxEventLoopDelay !== undefined || maxEventLoopUtilization !== undefined
  const loop: EventLoopWatch | undefined = watched ? watchEventLoop(onMoment) : undefined

  function onMoment({ delay, utilization }: LoopMoment): void {
    const measured = utilization !== undefined
    lastDelay = delay
    if (measured && maxEventLoopUtilization !== undefined) overuse = utilization / maxEventLoopUtilization
    const refused = counts.refused > refusedBefore
    limit = nextLimit(limit, { late: delay > maxDelay, overuse, measured, peak: Math.max(peak, peakBefore), refused })
    refusedBefore = counts.refused
    if (!measured) return
    peakBefore = peak
    peak = open
  }

  const onClose = ownListener(() => {
    open--
  })

  return {
    hasRoom() {
      const inFlight = open + left()
      if (inFlight >= maxInFlight || inFlight >= limit.now) return false
      return loop === undefined || loop.delay() <= maxDelay
    },
    reason() {
      const inFlight = open + left()
      if (inFlight >= maxInFlight) return `${inFlight} are in flight, the most that may be`
      const delay = Math.max(lastDelay, loop?.delay() ?? 0)
      if (delay > maxDelay) return `the event loop is ${duration(delay)} late, more than ${duration(maxDelay)}`
      return overuse > 1
        ? `the event loop is busy for ${percent(overuse * maxEventLoopUtilization!)} of the time, more than ${percent(maxEventLoopUtilization!)}`
        : `the event loop was late or too busy, and ${inFlight} are in flight`
    },
    admit(ending) {
      counts.admitted++
      open++
      if (open > peak) peak = open
      ending.once('close', onClose)
    },
    pass() {
      counts.admitted++
    },
    refuse() {
      counts.refused++
    },
    counts: () => ({ ...counts }),
    end: () => loop?.end(),
  }
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}

import type { VirtualClock } from '../testing.js'

export interface TimerRequest {
  readonly ms: number
  readonly unref: boolean
}

/** A virtual clock that also keeps what it was asked for: for how long, and whether that may keep the process alive. */
export function recordingClock(clock: VirtualClock): { clock: VirtualClock; requests: TimerRequest[] } {
  const requests: TimerRequest[] = []
  const setTimeout: VirtualClock['setTimeout'] = (callback, ms, options) => {
    requests.push({ ms, unref: options?.unref === true })
    return clock.setTimeout(callback, ms, options)
  }
  return { clock: { ...clock, setTimeout }, requests }
}

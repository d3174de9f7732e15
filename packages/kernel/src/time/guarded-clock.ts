import type { Clock } from './clock.js'

/** The same clock; what its timers call and fails there is told to `broke`, and takes nothing else with it. */
export function guardedClock(clock: Clock, broke: (error: unknown) => void): Clock {
  const guarded = (callback: () => void) => () => {
    try {
      callback()
    } catch (error) {
      broke(error)
    }
  }
  return {
    now: () => clock.now(),
    wall: () => clock.wall?.() ?? clock.now(),
    setTimeout: (callback, ms, options) => clock.setTimeout(guarded(callback), ms, options),
    clearTimeout: (handle) => clock.clearTimeout(handle),
    random: () => clock.random?.() ?? Math.random(),
  }
}

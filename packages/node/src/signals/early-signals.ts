import { attempt } from '../words/foreign.js'

/** What `import '@keelson/node/early'` leaves for `run()`. */
export interface EarlySignals {
  /** The signals that came until now, in their order; from now on it keeps none. */
  take(): readonly NodeJS.Signals[]
}

/**
 * Takes over from `@keelson/node/early` what has come before `run()`; nothing where that was not imported. Called once `run()` listens
 * itself. A signal that it does not handle, and nobody else listens to, does what it would have done.
 */
export function takeEarlySignals(handled: readonly NodeJS.Signals[]): NodeJS.Signals[] {
  const early = Reflect.get(globalThis, Symbol.for('@keelson/node/early')) as EarlySignals | undefined
  const kept = attempt(() => early?.take()) ?? []
  for (const signal of kept) {
    if (!handled.includes(signal) && process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  return kept.filter((signal) => handled.includes(signal))
}

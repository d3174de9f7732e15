import { constants } from 'node:os'
import { now, setTimeout } from '../time.js'

/** X1: npm and others forward the Ctrl-C that the process got already; what comes within this many ms is the same one. */
const SAME = 250

export interface CaughtSignals {
  /** Resolves when a forwarded twin of the first signal can no longer come; at once without a signal. */
  quiet(): Promise<void>
  release(): void
}

/** Catches signals of this process: `first` hears of the first one, `again` of each that comes at least 250 ms later. */
export function catchSignals(
  signals: readonly NodeJS.Signals[],
  first: (signal: NodeJS.Signals) => void,
  again: (signal: NodeJS.Signals, exitCode: number) => void,
): CaughtSignals {
  let since: number | undefined

  function onSignal(signal: NodeJS.Signals): void {
    if (since === undefined) {
      since = now()
      first(signal)
    } else if (now() - since >= SAME) again(signal, 128 + constants.signals[signal])
  }

  const listeners = signals.map((signal) => [signal, () => onSignal(signal)] as const)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return {
    quiet: () =>
      new Promise((resolve) => {
        const left = since === undefined ? 0 : since + SAME - now()
        if (left > 0) setTimeout(resolve, left)
        else resolve()
      }),
    release() {
      for (const [signal, listener] of listeners) process.off(signal, listener)
    },
  }
}

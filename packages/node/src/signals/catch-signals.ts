import { constants } from 'node:os'
import { now, setTimeout } from '../time.js'
import { listen } from './signal-gate.js'
import { hasTerminal } from './terminal.js'

/** X1: npm and others forward the Ctrl-C that the process got already; what comes within this many ms is the same one. */
const SAME = 250

/** What ends the process at once: a second Ctrl-C on a terminal, any second signal, or none. */
export type SecondSignal = 'ctrl-c' | 'exit' | 'ignore'

export interface SignalHandlers {
  /** The first signal. */
  first(signal: NodeJS.Signals): void
  /** One that means the same as the first. */
  repeated(signal: NodeJS.Signals): void
  /** One that ends the process at once. */
  again(signal: NodeJS.Signals, exitCode: number): void
}

export interface CaughtSignals {
  /** As if it came now. */
  take(signal: NodeJS.Signals): void
  /** Resolves when a forwarded twin of the first signal can no longer come; at once without a signal. */
  quiet(): Promise<void>
  release(): void
}

/**
 * X1: catches signals of this process. Platforms repeat a SIGTERM, and mean what they meant; a person who presses Ctrl-C once more
 * does not want to wait. What comes within 250 ms of one before is the same one, forwarded.
 */
export function catchSignals(
  signals: readonly NodeJS.Signals[],
  secondSignal: SecondSignal,
  handlers: SignalHandlers,
): CaughtSignals {
  let since: number | undefined
  let told = 0
  /** When a person pressed Ctrl-C for the first time. */
  let interrupted: number | undefined

  function hurries(signal: NodeJS.Signals, at: number): boolean {
    if (secondSignal === 'exit') return since !== undefined && at - since >= SAME
    if (secondSignal === 'ignore' || signal !== 'SIGINT') return false
    if (interrupted !== undefined) return at - interrupted >= SAME && hasTerminal()
    interrupted = at
    return false
  }

  function take(signal: NodeJS.Signals): void {
    const at = now()
    if (hurries(signal, at)) handlers.again(signal, 128 + constants.signals[signal])
    else if (since === undefined) {
      since = told = at
      handlers.first(signal)
    } else if (at - told >= SAME) {
      told = at
      handlers.repeated(signal)
    }
  }

  const quits = signals.map((signal) => listen(signal, () => take(signal)))
  return {
    take,
    quiet: () =>
      new Promise((resolve) => {
        const left = since === undefined ? 0 : since + SAME - now()
        if (left > 0) setTimeout(resolve, left)
        else resolve()
      }),
    release() {
      for (const quit of quits) quit()
    },
  }
}

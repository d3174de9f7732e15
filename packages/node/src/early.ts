import type { EarlySignals } from './signals/early-signals.js'

// `import '@keelson/node/early'`: all of it is here, for it is loaded before the application, and by bundlers for its effect alone.

/** In ms: what comes sooner is the same signal, forwarded. */
const SAME = 250

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
const came = new Map<NodeJS.Signals, number>()

function keep(signal: NodeJS.Signals): void {
  const first = came.get(signal)
  // Nothing has been started, so that nothing is lost; a person who presses Ctrl-C again does not want to wait.
  if (first !== undefined && signal === 'SIGINT' && Date.now() - first >= SAME) process.exit(130)
  came.set(signal, first ?? Date.now())
}

const early: EarlySignals = {
  take() {
    for (const signal of signals) process.off(signal, keep)
    const kept = [...came.keys()]
    came.clear()
    return kept
  },
}

for (const signal of signals) process.on(signal, keep)
Reflect.set(globalThis, Symbol.for('@keelson/node/early'), early)

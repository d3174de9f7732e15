import { constants } from 'node:os'

type Listener = (...args: unknown[]) => unknown

/** A signal, or `beforeExit`, that came while the listeners of others were not called, with what Node passes to them. */
export interface HeldEvent {
  readonly event: string
  readonly args: readonly unknown[]
}

/** The listeners of `run()`, and what they listen to: packages that take all listeners of a signal away mean others. */
const own = new Map<Listener, string>()
/** How many runs hold an event, and how many of those are not over yet. */
const holds = new Map<string, { gate: number; running: number }>()
/** What came and has not been handed over, in the order in which it came. */
const came = new Map<string, readonly unknown[]>()

/**
 * Listens to a signal, or to `beforeExit`, for `run()`: it is called at once, also while that is held; with `first` before those that
 * listen already. Returns a function that ends this.
 */
export function listen(event: string, listener: () => void, first = false): () => void {
  const called = () => listener()
  own.set(called, event)
  if (first) process.prependListener(event as NodeJS.Signals, called)
  else process.on(event, called)
  return () => {
    own.delete(called)
    process.off(event, called)
  }
}

/** Whether this runtime emits signals as Node does. Bun and Deno call the listeners in a way of their own. */
export const HOLDS_SIGNALS: boolean = !('Bun' in globalThis) && !('Deno' in globalThis)

export interface Hold {
  /** The run is over: what came meanwhile, as far as no other run holds it. */
  over(): HeldEvent[]
  release(): void
}

/**
 * X6: from now on the listeners of others are not called when one of these events comes, wherever they stand among the listeners. The
 * lists of listeners stay as they are, so that whoever adds, removes or counts some sees what Node would show.
 */
export function hold(events: readonly string[]): Hold {
  if (holds.size === 0) putGate()
  for (const event of events) {
    const counts = holds.get(event) ?? { gate: 0, running: 0 }
    if (counts.gate++ === 0) bind(event)
    counts.running++
    holds.set(event, counts)
  }
  let running = true
  function over(): HeldEvent[] {
    if (!running) return []
    running = false
    const last = events.filter((event) => --holds.get(event)!.running === 0)
    const held = [...came].filter(([event]) => last.includes(event)).map(([event, args]) => ({ event, args }))
    for (const { event } of held) came.delete(event)
    return held
  }
  return {
    over,
    release() {
      over()
      for (const event of events) {
        if (--holds.get(event)!.gate > 0) continue
        holds.delete(event)
        came.delete(event)
      }
      if (holds.size === 0) takeGate()
    },
  }
}

/** The listeners of an event that are not those of `run()`, as `rawListeners()` has them. */
export function othersOf(event: string): Listener[] {
  return process.rawListeners(event as NodeJS.Signals).filter((listener) => !own.has(listener as Listener)) as Listener[]
}

let takeGate = () => {}

/** Node emits signals by the `emit()` of the process. */
function putGate(): void {
  const before = Object.getOwnPropertyDescriptor(process, 'emit')
  const emit = process.emit as (event: string, ...args: unknown[]) => boolean
  const gate = (event: string, ...args: unknown[]): boolean => {
    if (!holds.has(event)) return Reflect.apply(emit, process, [event, ...args])
    if (!came.has(event)) came.set(event, args)
    for (const [listener, wanted] of [...own]) if (wanted === event) listener()
    return true
  }
  Object.defineProperty(process, 'emit', { value: gate, writable: true, configurable: true, enumerable: false })
  takeGate = () => {
    // Another package may have put its own in front of it: then it stays behind that, and lets everything pass.
    if (process.emit !== (gate as unknown)) return
    if (before === undefined) Reflect.deleteProperty(process, 'emit')
    else Object.defineProperty(process, 'emit', before)
  }
}

/** For a signal that had listeners, Node goes on to emit by the `emit()` of the time when the first of them came. */
function bind(event: string): void {
  const listeners = process.rawListeners(event as NodeJS.Signals) as Listener[]
  if (listeners.length === 0 || !Object.hasOwn(constants.signals, event)) return
  process.removeAllListeners(event)
  for (const listener of listeners) process.on(event, listener)
}

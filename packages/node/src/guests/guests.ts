import type { HeldListener } from '../narrate/held-listeners.js'
import type { Say } from '../narrate/log.js'
import { type Hold, hold, listen, othersOf } from '../signals/signal-gate.js'
import { listenerFailed, listenerLate } from './guest-lines.js'
import { beginTurn, type Handed, handOver, keepFromExit, LONGEST_TURN } from './hand-over.js'
import type { Place } from './place.js'
import { placesOf } from './place-of-function.js'

type Listener = ReturnType<typeof othersOf>[number]

/**
 * X6: the listeners of signals and of `beforeExit` that others have put on the process. While a kernel runs they are not called; once it
 * has stopped they are, and what they do to the process comes after everything of `run()`.
 */
export class Guests {
  readonly #events: readonly string[]
  readonly #say: Say
  readonly #hold: Hold
  readonly #places = new Map<Listener, Place | undefined>()
  #letExit: (() => void) | undefined
  #onAsked = () => {}
  /** Whether Node has found nothing any more that keeps the process alive. */
  #emptied = false
  /** Whether one of them has asked for the end of the process. */
  asked = false

  constructor(signals: readonly NodeJS.Signals[], say: Say) {
    this.#events = [...signals, 'beforeExit']
    this.#say = say
    this.#hold = hold(this.#events)
  }

  /** Looks up where the listeners of now stand, which takes longer the more code is loaded: while others wait for something anyway. */
  locate(): void {
    const listeners = this.#events.flatMap(othersOf).map(original)
    const unknown = [...new Set(listeners)].filter((listener) => !this.#places.has(listener))
    const places = placesOf(unknown)
    for (const [index, listener] of unknown.entries()) this.#places.set(listener, places[index])
  }

  /** Who listens to the signals that are held. */
  listed(): HeldListener[] {
    const signals = this.#events.filter((event) => event !== 'beforeExit')
    return signals.flatMap((event) => othersOf(event).map((listener) => this.#describe(event, listener)))
  }

  /**
   * The kernel has stopped: whoever listens to what came has its turn, within what is `left`, in ms. Resolves to how long the process may
   * take to end by itself: those who returned no promise may go on for as long as a turn.
   */
  async over(left: () => number, exitGrace: number): Promise<number> {
    const held = this.#hold.over()
    if (held.every(({ event }) => othersOf(event).length === 0)) return exitGrace
    const { exitCode } = process
    this.#letExit = keepFromExit(() => this.#exitAsked())
    const handed = await handOver(held, left, (each) => this.#tell(each))
    // Its exit code is that of run().
    process.exitCode = exitCode
    const goesOn = handed.some(({ turn }) => turn === 'detached')
    return goesOn ? Math.max(exitGrace, Math.min(LONGEST_TURN, left())) : exitGrace
  }

  /** The process is ended by force: where Node has not emitted `beforeExit`, those who listen to it have their turn. */
  async beforeExit(exitCode: number): Promise<void> {
    if (this.#emptied) return
    this.#letExit ??= keepFromExit(() => this.#exitAsked())
    await handOver(
      [{ event: 'beforeExit', args: [exitCode] }],
      () => LONGEST_TURN,
      (each) => this.#tell(each),
    )
  }

  /**
   * The process is left to end. Who had their turn, or listen to `beforeExit`, and end it are kept from that, too; `asked` hears of it, and
   * `goingOn` of those who may have begun something when nothing kept the process alive any more.
   */
  ending(asked: () => void, goingOn: () => void): void {
    this.#onAsked = asked
    let endTurn = () => {}
    listen(
      'beforeExit',
      () => {
        const first = !this.#emptied
        this.#emptied = true
        if (othersOf('beforeExit').length === 0) return
        this.#letExit ??= keepFromExit(() => this.#exitAsked())
        endTurn = beginTurn()
        if (first) goingOn()
      },
      true,
    )
    listen('beforeExit', () => endTurn())
  }

  /** The signals of this process are again as they were. */
  release(): void {
    this.#hold.release()
  }

  /** And so are the functions that end it. */
  quit(): void {
    this.#letExit?.()
  }

  #exitAsked(): void {
    this.asked = true
    this.#onAsked()
  }

  #describe(event: string, listener: Listener): HeldListener {
    const { name } = original(listener)
    return { event, ...(name && { name: name.replace(/^bound /, '') }), ...this.#places.get(original(listener)) }
  }

  #tell({ event, listener, turn, error, durationMs }: Handed): void {
    if (turn === 'failed') this.#say(listenerFailed(this.#describe(event, listener), error))
    if (turn === 'late') this.#say(listenerLate(this.#describe(event, listener), durationMs))
  }
}

/** Behind what `once()` made of it. */
function original(listener: Listener): Listener {
  const behind: unknown = Reflect.get(listener, 'listener')
  return typeof behind === 'function' ? (behind as Listener) : listener
}

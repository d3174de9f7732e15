import { AsyncLocalStorage } from 'node:async_hooks'
import { deferred } from '../deferred.js'
import { type HeldEvent, othersOf } from '../signals/signal-gate.js'
import { clearTimeout, now, setTimeout } from '../time.js'
import { propertyOf } from '../words/foreign.js'
import { endingSignal, signalNamed } from './ends.js'
import { patchProcess } from './patch.js'

type Listener = ReturnType<typeof othersOf>[number]

/** In ms: the longest that one listener is waited for. */
export const LONGEST_TURN = 5_000

/** How the turn of a listener ended; `detached` when it returned no promise: whether it goes on cannot be known. */
export type Turn = 'done' | 'detached' | 'late' | 'failed' | 'exit'

export interface Handed {
  readonly listener: Listener
  readonly event: string
  readonly turn: Turn
  readonly durationMs: number
  readonly error?: unknown
}

/** A listener has its turn, and whatever it has begun goes on in it. */
interface InTurn {
  readonly event: string
  /** It asks for the end of the process. */
  exit(): void
}

const inTurn = new AsyncLocalStorage<InTurn | undefined>()

/** What is called from now on, in this turn of the event loop, is as if it were the turn of a listener; until the returned function is called. */
export function beginTurn(): () => void {
  inTurn.enterWith({ event: 'beforeExit', exit() {} })
  return () => inTurn.enterWith(undefined)
}

/** X6: calls the listeners of others for what was held, one after the other, each at most for 5 s of what is `left`, in ms. */
export async function handOver(
  held: readonly HeldEvent[],
  left: () => number,
  told: (handed: Handed) => void = () => {},
): Promise<readonly Handed[]> {
  const guests = held.flatMap(({ event, args }) => othersOf(event).map((listener) => ({ listener, event, args })))
  const handed: Handed[] = []
  for (const { listener, event, args } of guests) {
    // One before it may have taken it away.
    if (!othersOf(event).includes(listener)) continue
    const result = await giveTurn({ listener, event }, args, Math.min(LONGEST_TURN, Math.max(0, left())))
    handed.push(result)
    told(result)
  }
  return handed
}

async function giveTurn(guest: Pick<Handed, 'listener' | 'event'>, args: readonly unknown[], ms: number): Promise<Handed> {
  const since = now()
  const ended = deferred<Pick<Handed, 'turn' | 'error'>>()
  inTurn.run({ event: guest.event, exit: () => ended.resolve({ turn: 'exit' }) }, () => {
    try {
      const result: unknown = Reflect.apply(guest.listener, process, args)
      if (typeof propertyOf(result, 'then') === 'function') {
        Promise.resolve(result).then(
          () => ended.resolve({ turn: 'done' }),
          (error: unknown) => ended.resolve({ turn: 'failed', error }),
        )
      } else ended.resolve({ turn: 'detached' })
    } catch (error) {
      ended.resolve({ turn: 'failed', error })
    }
  })
  const timer = setTimeout(() => ended.resolve({ turn: 'late' }), ms)
  const result = await ended.promise
  clearTimeout(timer)
  return { ...guest, ...result, durationMs: now() - since }
}

/**
 * Keeps the process from being ended by listeners that have had their turn, or have it, whenever that is: by process.exit(), and by
 * raising the signal again. `asked` hears of it. Until the returned function is called.
 */
export function keepFromExit(asked: () => void): () => void {
  /** What comes of it is not of that turn. */
  const ask = (turn: InTurn) =>
    inTurn.run(undefined, () => {
      turn.exit()
      asked()
    })
  const quits = [
    patchProcess('exit', (before) => (code) => {
      const turn = inTurn.getStore()
      return turn === undefined ? before(code) : (ask(turn) as never)
    }),
    patchProcess('kill', (before) => (pid, signal) => {
      const turn = inTurn.getStore()
      if (turn === undefined || !endsOrIsHeld(pid, signal, turn)) return before(pid, signal)
      ask(turn)
      return true
    }),
  ]
  return () => {
    for (const quit of quits.reverse()) quit()
  }
}

/** `run()` may still listen to the signal which the turn is about; the default action would come once it does no longer. */
function endsOrIsHeld(pid: unknown, given: unknown = 'SIGTERM', { event }: InTurn): boolean {
  const signal = signalNamed(given)
  const raised = pid === process.pid && (signal === event || signal === 'SIGTERM' || signal === 'SIGINT')
  return raised || endingSignal(pid, given) !== undefined
}

import type { Server } from 'node:net'
import { types } from 'node:util'
import { clearTimeout, setTimeout } from '../time.js'
import type { Awaited } from './connection.js'

/**
 * How long a handler that returned no promise is waited for after its client has left, in ms: one that listens for that may have returned
 * without a word; another will most likely end its answer.
 */
const WATCHING = 5_000
const UNAWARE = 60_000

const PROMISE = Symbol('keelson.handler')

/** What a handler ends when it is done: a response, or the stream of an h2 server without one. */
export interface Answer {
  end(...args: never[]): unknown
  [PROMISE]?: PromiseLike<unknown>
}

/** Remembers what a request listener returned, for the case that its client leaves. */
export function noteHandler(answer: Answer, returned: unknown): void {
  if (types.isPromise(returned)) answer[PROMISE] = returned
}

/** An exchange whose client left before its handler had ended the answer. */
export interface Departure {
  readonly answer: Answer
  /** The request had come in full. */
  readonly complete: boolean
  /** The head of the answer is out. */
  readonly begun: boolean
  /** It is a stream of events that its client subscribed to (GET): it has no other end than its client. */
  readonly events: boolean
  /** The handler listens for its client to leave. */
  readonly watched: boolean
}

/**
 * For how long, in ms, a handler is at work after its client has left, as far as can be known; 0: not at all. Until the promise that it
 * returned settles. Without one an answer that has begun ends where its handler writes; an upload that broke off ends where it reads,
 * and a stream of events has no other end.
 */
export function patience({ answer, complete, begun, events, watched }: Departure): number {
  if (!complete || events) return 0
  if (answer[PROMISE] !== undefined) return Number.POSITIVE_INFINITY
  if (begun) return 0
  return watched ? WATCHING : UNAWARE
}

/** Handlers that are still at work though their client has left. */
export interface LeftHandlers {
  size(): number
  requests(): Iterable<Awaited>
  add(departure: Departure, request: Awaited): void
  /** Waits for none of them any more. */
  forget(): void
}

const byServer = new WeakMap<Server, LeftHandlers>()

/** How many there are on a server that is tracked. */
export function leftOn(server: Server): number {
  return byServer.get(server)?.size() ?? 0
}

/** Waits for each until it ends its answer, the promise that it returned settles, or patience has run out. Calls `onEnd` when one is over. */
export function leftHandlers(onEnd: () => void, server?: Server, longest = patience): LeftHandlers {
  const left = new Map<() => void, Awaited>()

  function add(departure: Departure, request: Awaited): void {
    const ms = longest(departure)
    if (ms === 0) return
    const { answer } = departure
    const { end, [PROMISE]: promise } = answer
    const timer = Number.isFinite(ms) ? setTimeout(over, ms) : undefined
    const cancel = () => clearTimeout(timer)
    left.set(cancel, request)

    function over(): void {
      cancel()
      if (left.delete(cancel)) onEnd()
    }

    answer.end = (...args: never[]) => {
      over()
      return Reflect.apply(end, answer, args)
    }
    // What nobody else handles stays unhandled.
    promise?.then(over, (error) => {
      over()
      throw error
    })
  }

  const handlers: LeftHandlers = {
    size: () => left.size,
    requests: () => left.values(),
    add,
    forget() {
      for (const cancel of left.keys()) cancel()
      left.clear()
    },
  }
  if (server) byServer.set(server, handlers)
  return handlers
}

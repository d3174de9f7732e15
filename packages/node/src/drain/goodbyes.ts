import { clearTimeout, now, setTimeout } from '../time.js'

/** Whoever is told goodbye connects elsewhere at once, at the cost of a handshake and a login: one every so many ms is not noticed. */
const GAP = 20

/** How long goodbyes may take where it is not known how long the drain has, in ms. */
const UNKNOWN = 10_000

/** What a client is asked to wait at most for want of time to spread goodbyes, in ms. */
const LONGEST_WAIT = 10_000

/** In ms: those that are due within less are told together. */
const TICK = 10

/** What a client is told when its server drains. */
export interface Goodbye {
  /** When it should connect again, in ms from now: another time for each, so that not all come at once. */
  readonly retryMs: number
}

export interface GoodbyeOptions {
  /**
   * The time over which all are spread, in ms. Default: 20 ms for each, at most half of `within`; 10 s where that is not known.
   * Never more than three quarters of `within`.
   */
  spread?: number | undefined
  /** How long the drain has, in ms from now. Default: not known. */
  within?: number | undefined
  /** The least that `retryMs` asks for, and as much again at random, in ms; more where `spread` is short for so many. Default 1_000. */
  retry?: number | undefined
  /** Once it aborts, those that are left are told at once. */
  signal?: AbortSignal | undefined
}

/**
 * Says goodbye to clients that keep their connection open, one after the other, so that they do not all connect to the next server in
 * the same instant: the first at once, the others in even steps. `say` returns `false` for a client that is gone: it takes up no time.
 * Resolves when all are told, and what `say` returned has settled. An error keeps nobody else from their goodbye; it rejects with
 * the one, or an AggregateError of them, at the end.
 *
 * @example
 * await spreadGoodbyes(sockets, (socket, { retryMs }) => socket.emit('restarting', retryMs), { within: deadline - Date.now(), signal })
 */
export async function spreadGoodbyes<C>(
  clients: Iterable<C>,
  say: (client: C, goodbye: Goodbye) => unknown,
  options: GoodbyeOptions = {},
): Promise<void> {
  const waiting = [...clients]
  const { signal } = options
  const gap = spreadOf(waiting.length, options) / waiting.length
  const settled: Promise<void>[] = []
  const errors: unknown[] = []
  const started = now()
  let next = 0
  let told = 0

  function sayTo(client: C): void {
    try {
      const result = say(client, { retryMs: retryHint(waiting.length, options) })
      if (result === false) return
      settled.push(Promise.resolve(result).then(undefined, (error: unknown) => void errors.push(error)) as Promise<void>)
    } catch (error) {
      errors.push(error)
    }
    told++
  }

  /** Tells those whose time has come, and returns how long the next one has, in ms. */
  function sayDue(): number {
    const elapsed = now() - started
    while (next < waiting.length && (signal?.aborted || told * gap <= elapsed)) sayTo(waiting[next++]!)
    return Math.max(TICK, told * gap - elapsed)
  }

  signal?.addEventListener('abort', sayDue)
  for (let wait = sayDue(); next < waiting.length; wait = sayDue()) await pause(wait, signal)
  signal?.removeEventListener('abort', sayDue)
  await Promise.all(settled)
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'Several goodbyes failed')
}

/** How long the goodbyes to so many take, in ms. */
export function spreadOf(count: number, { spread, within = Number.POSITIVE_INFINITY }: GoodbyeOptions): number {
  if (spread !== undefined) return Math.min(spread, Math.max(0, within) * 0.75)
  return Math.min(count * GAP, Number.isFinite(within) ? Math.max(0, within) / 2 : UNKNOWN)
}

/** What of the spread there is no time for is left to the clients. */
export function retryHint(count: number, options: GoodbyeOptions): number {
  const { retry = 1_000 } = options
  const lacking = Math.min(LONGEST_WAIT, count * GAP - spreadOf(count, options))
  return Math.round(retry + Math.random() * Math.max(retry, lacking))
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}

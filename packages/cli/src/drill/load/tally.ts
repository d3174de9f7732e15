import type { Loss, Outcome } from './connection.js'

/** What became of the requests since the signal, and before it. */
export interface Tally {
  /** Those that were answered as before the signal. */
  answered: number
  inFlight: number
  accepted: number
  /** Those never read, and the connections refused while a balancer would still have sent some. */
  onTheWire: number
  /** Of those on the wire: the connections that were refused. */
  turnedAway: number
  /** Those answered with an error of the server (5xx) where before the signal they were not. */
  failed: number
  /** Connections refused when nobody was told to come any more; not lost. */
  refused: number
}

export function noRequests(): Tally {
  return { answered: 0, inFlight: 0, accepted: 0, onTheWire: 0, turnedAway: 0, failed: 0, refused: 0 }
}

/** All that clients lost. */
export function lostOf({ inFlight, accepted, onTheWire, failed }: Tally): number {
  return inFlight + accepted + onTheWire + failed
}

const LOSSES = { 'in-flight': 'inFlight', accepted: 'accepted', 'on-the-wire': 'onTheWire' } as const satisfies Record<
  Loss,
  keyof Tally
>

/** `usual`: the statuses that were answered before the signal. `advertised`: whether the service was still said to be ready. */
export function count(tally: Tally, outcome: Outcome, usual: ReadonlySet<number>, advertised: boolean): void {
  if (outcome.kind === 'lost') tally[LOSSES[outcome.loss]]++
  else if (outcome.kind === 'answered') tally[outcome.status >= 500 && !usual.has(outcome.status) ? 'failed' : 'answered']++
  else if (advertised) {
    tally.onTheWire++
    tally.turnedAway++
  } else tally.refused++
}

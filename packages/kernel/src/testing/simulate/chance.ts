import type { Timeouts } from '../../define/resource.js'
import type { FaultKind, Faults } from '../model/faults.js'
import type { SeededRandom } from '../model/random.js'
import type { Action, Decision, HookDecision, SimulatedHook } from '../model/schedule.js'
import type { Track } from '../model/track.js'
import type { Decider } from '../model/world.js'
import type { Recorded } from './recorded.js'

/** Delays that many hooks share, so that things happen at the same instant, and some that none shares. */
const COMMON_DELAYS = [0, 0, 1, 1, 2, 5, 10, 20, 50, 100]
/** Of the resources that have `retry`: whose server is not there yet. */
const ABSENT = 0.5
const UNBOUNDED = 10_000
/** Checks of one run, about. */
const CHECKS = 60

type Does = Pick<HookDecision, 'does' | 'ms' | 'standsBy'>

/** Decides by chance, and keeps what it decided. */
export class Chance implements Decider {
  /** Everything decided so far: replayed, it gives the same run. */
  readonly decisions: Decision[] = []
  readonly actions: readonly Action[]
  readonly #random: SeededRandom
  readonly #faults: Readonly<Required<Faults>>
  readonly #recorded: Recorded | undefined
  readonly #hasCleanups: boolean
  /** Many runs would end with their first start. */
  readonly #sparesFirstStart: boolean
  readonly #failing = new Set<Track>()
  /** S11: those that stand by. */
  readonly #turns = new Set<Track>()
  readonly #turn: SeededRandom | undefined
  /** How many starts fail because the server is not there yet. */
  readonly #absent = new Map<Track, number>()

  constructor(
    random: SeededRandom,
    faults: Readonly<Required<Faults>>,
    tracks: readonly Track[],
    duration: number,
    recorded?: Recorded,
  ) {
    this.#random = random
    this.#recorded = recorded
    this.#faults = mixOf(random, faults)
    this.#sparesFirstStart = random.chance(0.7)
    this.#hasCleanups = random.chance(0.4)
    this.actions = actionsOf(random, this.#faults, tracks, duration)
    if (this.#faults.standBy > 0) {
      // Without it, a seed gives the run that it always gave.
      this.#turn = random.fork()
      for (const track of tracks) if (this.#turn.chance(this.#faults.standBy)) this.#turns.add(track)
      this.actions = [...this.actions, ...endsOfTerms(this.#turn, this.#turns, duration)]
    }
    this.decisions.push(...this.actions)
  }

  hook(track: Track, hook: SimulatedHook, call: number, limit: number): HookDecision | undefined {
    const alone = this.#decide(track, hook, call, limit)
    const decided = hook === 'start' && this.#turns.has(track) ? standingBy(this.#turn!, alone) : alone
    const cleanups = hook === 'start' && this.#hasCleanups ? this.#random.below(3) : 0
    if (decided === undefined && cleanups === 0) return undefined
    const does = decided ?? ({ does: 'settles' } as const)
    const decision: HookDecision = { resource: track.name, hook, call, ...does, ...(cleanups > 0 && { cleanups }) }
    this.decisions.push(decision)
    return decision
  }

  #decide(track: Track, hook: SimulatedHook, call: number, limit: number): Does | undefined {
    const random = this.#random
    const { hang, late } = this.#faults
    const seen = this.#recorded?.draw(track.name, hook, random)
    // What was recorded takes the place of invented delays and failures; a hook may hang all the same.
    const { failure, delay } = seen === undefined ? this.#faults : { failure: 0, delay: 0 }
    if (seen === undefined && hook === 'check' && this.#failsCheck(track)) return this.#failedCheck(limit)
    if (hook === 'start' && this.#isAbsent(track, call)) return this.#failure(Math.min(limit, 20))
    let dice = random.next()
    if (seen === undefined && hook === 'start' && call === 1 && this.#sparesFirstStart) dice += failure + hang + late
    if (hook !== 'check') {
      dice -= failure
      if (dice < 0) return this.#failure(limit)
    }
    // Without a limit, a hang is the end: nothing else is promised.
    const bounded = limit !== Infinity || hook === 'stop' || hook === 'drain' || hook === 'cleanup'
    dice -= hang
    if (dice < 0)
      return bounded ? { does: hook === 'cleanup' || hook === 'kill' || random.chance(0.5) ? 'hangs' : 'obeys' } : undefined
    dice -= late
    if (dice < 0 && limit !== Infinity) {
      return { does: random.chance(0.7) ? 'settles' : 'rejects', ms: limit + random.pick([0, 0.5, 1, 10, limit]) }
    }
    if (seen !== undefined) return { does: seen.ok ? 'settles' : 'rejects', ms: seen.ms }
    return dice < delay ? { does: 'settles', ms: this.#delayWithin(limit) } : undefined
  }

  #isAbsent(track: Track, call: number): boolean {
    if (track.definition.options.retry === undefined) return false
    if (!this.#absent.has(track)) {
      const absent = this.#random.chance(this.#faults.failure > 0 ? ABSENT : 0) ? 1 + this.#random.below(6) : 0
      this.#absent.set(track, absent)
    }
    return call <= this.#absent.get(track)!
  }

  /** A check that failed probably fails again: thresholds are for failures in a row. */
  #failsCheck(track: Track): boolean {
    const failing = this.#random.chance(this.#failing.has(track) ? 0.8 : this.#faults.check)
    if (failing) this.#failing.add(track)
    else this.#failing.delete(track)
    return failing
  }

  #failedCheck(limit: number): Does {
    const random = this.#random
    if (random.chance(0.2))
      return random.chance(0.5) ? { does: 'returns false' } : { does: 'returns false', ms: this.#delayWithin(limit) }
    return this.#failure(limit)
  }

  #failure(limit: number): Does {
    return this.#random.chance(0.4) ? { does: 'throws' } : { does: 'rejects', ms: this.#delayWithin(limit) }
  }

  #delayWithin(limit: number): number {
    const random = this.#random
    const most = Math.min(limit, UNBOUNDED)
    const ms = random.chance(0.7) ? random.pick(COMMON_DELAYS) : random.below(most)
    return Math.min(ms, Math.max(0, most - 1))
  }
}

/** S11: a start that stands by first is let in after a while, or never, or fails; some have no need to. */
function standingBy(random: SeededRandom, alone: Does | undefined): Does | undefined {
  if (random.chance(0.15)) return alone
  const standsBy = random.pick([0, 0, 0, 1, 10, 50])
  const ms = random.pick([0, 1, 10, 20, 100, 100, 500, 2_000])
  const dice = random.next()
  if (alone !== undefined && alone.does !== 'settles') return { ...alone, standsBy }
  if (dice < 0.6) return { does: 'settles', ms, standsBy }
  if (dice < 0.75) return { does: 'rejects', ms, standsBy }
  return { does: dice < 0.95 ? 'obeys' : 'hangs', standsBy }
}

/** Crashes of those that take turns. */
function endsOfTerms(random: SeededRandom, turns: ReadonlySet<Track>, duration: number): Action[] {
  return [...turns].flatMap(({ name }) =>
    Array.from({ length: random.count(1) }, (): Action => ({ do: 'crash', resource: name, at: instant(random, duration) })),
  )
}

/** Each run leaves some kinds out and has more of others: what hides behind one fault is found without it. */
function mixOf(random: SeededRandom, faults: Readonly<Required<Faults>>): Required<Faults> {
  const mix = { ...faults }
  const other = random.fork()
  for (const kind of Object.keys(mix) as FaultKind[]) {
    if (kind === 'delay' || kind === 'shutdown' || kind === 'listener') continue
    mix[kind] *= (LATER.has(kind) ? other : random).chance(0.4) ? 0 : 1 / 0.6
  }
  return mix
}

const LATER: ReadonlySet<FaultKind> = new Set(['track', 'end', 'cordon', 'checkNow', 'standBy'])

function actionsOf(random: SeededRandom, faults: Required<Faults>, tracks: readonly Track[], duration: number): Action[] {
  const actions: Action[] = [{ do: 'jitter', value: random.below(4) / 4 }]
  if (tracks.length === 0) return actions
  const shutdown = random.chance(faults.shutdown) ? instant(random, duration) : undefined
  const when = (): Pick<Action, 'at' | 'event'> => {
    if (random.chance(faults.listener)) return { event: 1 + random.below(8 * tracks.length) }
    // Much goes wrong where things meet.
    if (shutdown !== undefined && random.chance(0.2)) return { at: Math.max(0, shutdown + random.pick([-10, -1, 0, 0, 1, 10])) }
    return { at: instant(random, duration) }
  }
  const some = (kind: FaultKind, make: (resource: string) => Omit<Action, 'at' | 'event'>, chance = random, at = when) => {
    for (let n = chance.count(faults[kind]); n > 0; n--) actions.push({ ...make(chance.pick(tracks).name), ...at() })
  }
  if (random.chance(Math.min(0.5, faults.add))) actions.push({ do: 'leave out', resource: random.pick(tracks).name })
  some('crash', (resource) => ({ do: 'crash', resource, ...(random.chance(0.1) && { stale: true }) }))
  some('unhealthy', (resource) => ({
    do: random.chance(0.7) ? 'unhealthy' : 'healthy',
    resource,
    ...(random.chance(0.1) && { stale: true }),
  }))
  // A blip: half of them are healthy again soon after.
  for (const { do: said, at, resource, stale } of [...actions]) {
    if (said === 'unhealthy' && stale !== true && at !== undefined && at % 2 === 0)
      actions.push({ do: 'healthy', resource: resource!, at: at + (at % 3) * 10 })
  }
  some('restart', (resource) => ({ do: 'restart', resource }))
  some('add', (resource) => ({ do: 'add', resource }))
  some('remove', (resource) => ({ do: 'remove', resource, ...(random.chance(0.7) && { dependents: true }) }))
  some('use', (resource) => ({ do: 'use', resource, ms: random.pick([0, 1, 10, 100, 1_000, 20_000]) }))
  some('fail', () => ({ do: 'fail' }))
  some('start', () => ({ do: 'start' }))
  if (shutdown !== undefined)
    actions.push({ do: 'shutdown', ...(random.chance(2 * faults.listener) ? when() : { at: shutdown }) })
  else if (random.chance(0.5)) actions.push({ do: 'calm', at: duration })
  // What came later has numbers of its own: without it, a seed gives the run that it always gave.
  const other = random.fork()
  const at = (): Pick<Action, 'at' | 'event'> =>
    other.chance(faults.listener) ? { event: 1 + other.below(8 * tracks.length) } : { at: instant(other, duration) }
  const stale = () => other.chance(0.1) && { stale: true }
  const ms = [0, 1, 10, 100, 1_000, 20_000]
  some('track', (resource) => ({ do: 'track', resource, ms: other.pick(ms), ...stale() }), other, at)
  some('end', (resource) => ({ do: 'end', resource, then: other.chance(0.5) ? 'shutdown' : 'restart', ...stale() }), other, at)
  some('cordon', () => ({ do: other.chance(0.5) ? 'cordon' : 'uncordon' }), other, at)
  some('checkNow', (resource) => ({ do: 'check now', ...(other.chance(0.3) && { resource }) }), other, at)
  return actions
}

function instant(random: SeededRandom, duration: number): number {
  const whole = random.chance(0.5) ? random.below(60) : random.below(duration)
  return random.chance(0.7) ? whole : Math.round(whole / 10) * 10
}

/** How long a run lasts before it is shut down, in ms: enough for checks to fail to their thresholds, but few checks in all. */
export function durationOf(tracks: readonly Track[]): number {
  let slowest = 0
  let perMs = 0
  for (const { definition } of tracks) {
    const { check, monitor: { interval = 10_000, failureThreshold = 3 } = {} } = definition.options
    if (check === undefined) continue
    slowest = Math.max(slowest, interval * (failureThreshold + 2))
    perMs += 1 / Math.max(1, interval)
  }
  return slowest === 0 ? 1_000 : Math.ceil(Math.max(100, Math.min(slowest, CHECKS / perMs)))
}

/** The timeouts that hold for a resource that says nothing. */
export const TIMEOUTS: Required<Timeouts> = { start: 30_000, check: 5_000, drain: 10_000, stop: 10_000 }

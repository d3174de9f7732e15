import type { ResourceLike } from '../../define/dependency.js'
import { invalidOption } from '../../errors.js'
import type { Kernel, KernelOptions } from '../../kernel.js'
import { type Clock, systemClock } from '../../time/clock.js'
import { type EventLog, recordEvents } from '../event-log.js'
import { type FaultKind, type Faults, faultsOf, noFaults } from '../model/faults.js'
import { SeededRandom } from '../model/random.js'
import type { Schedule } from '../model/schedule.js'
import { type Recording, validateRecording } from '../recording.js'
import { type Cast, castOf, type Seat } from './cast.js'
import { Chance, TIMEOUTS } from './chance.js'
import { SimulationError } from './error.js'
import { Recorded } from './recorded.js'
import { Replay } from './replay.js'
import { type Production, runOnce } from './run.js'
import { shrink } from './shrink.js'

export interface SimulateOptions {
  /** How many runs, each with a schedule of its own; default 1_000. */
  runs?: number
  /** Where chance begins; the n-th run has the seed `seed + n`. Default 1. The same seed gives the same runs. */
  seed?: number
  /** Which faults are injected, and how likely each is; 0 leaves one out. */
  faults?: Faults
  /**
   * `'modelled'` (the default) puts hooks of the simulation in the place of yours: nothing of yours runs, only the graph,
   * timeouts, policies and impacts count. `'real'` runs your hooks, with faults around them; they must not do I/O nor wait
   * for timers of the runtime, for no time passes on the virtual clock while they do.
   */
  hooks?: 'modelled' | 'real'
  /** Options of the simulated kernel, such as its timeouts and replacements. */
  kernel?: Omit<KernelOptions, 'clock'>
  /** How long a run lasts on the virtual clock before it is shut down, in ms; default: long enough for checks to fail to their thresholds. */
  duration?: number
  /** Hooks take as long, and fail as often, as those of real runs did; made by `recordRun()`. Other faults are injected as before. */
  from?: Recording
  /** By what the durations of `from` are multiplied, more than 0; default 1. */
  slower?: number
  /** Throws when something of your own is not so; called after every step at which everything has settled. */
  invariant?: (kernel: Kernel) => void
  /** Runs this one schedule instead of drawing any, such as the one of a `SimulationError`. */
  replay?: Schedule
}

export interface SimulationResult {
  readonly runs: number
  /** Events, calls of hooks and actions after which the rules were looked at. */
  readonly steps: number
  /** What was injected, by kind. */
  readonly faults: Readonly<Record<FaultKind, number>>
  /** On the real clock. */
  readonly ms: number
}

/**
 * Runs a graph through thousands of schedules on a virtual clock: delays, failures, hangs, late ends, crashes, failing
 * checks, a shutdown at any instant, additions, removals and restarts; and looks after every step whether the kernel
 * keeps its rules. Deterministic: a seed always gives the same runs. It shows what your graph, timeouts and policies
 * do to each other, not whether your hooks are right.
 *
 * @param resources - what `createKernel` takes, or a function that makes it anew for each run, around that run's clock.
 * @throws SimulationError at the first rule that does not hold, with the seed and a shrunk schedule for `replay`;
 * KeelsonError `INVALID_OPTION`, `DUPLICATE_RESOURCE`, `DEPENDENCY_CYCLE`.
 *
 * @example
 * const { runs, faults } = await simulate([api], { runs: 10_000, seed: 1, faults: { hang: 0.1 } })
 */
export async function simulate(
  resources: Iterable<ResourceLike> | ((clock: Clock) => Iterable<ResourceLike>),
  options: SimulateOptions = {},
): Promise<SimulationResult> {
  validate(options)
  const { runs = 1_000, seed = 1, replay } = options
  const simulation = new Simulation(resources, options)
  const begin = systemClock.now()
  let steps = 0
  if (replay !== undefined) steps = await simulation.replay(replay)
  else for (let n = 0; n < runs; n++) steps += await simulation.run(seed + n)
  return { runs: replay === undefined ? runs : 1, steps, faults: { ...simulation.tally }, ms: systemClock.now() - begin }
}

/** Tries of the shrinking; each is one run. */
const TRIES = 2_000

class Simulation {
  readonly tally = noFaults()
  readonly #faults: Required<Faults>
  readonly #recorded: Recorded | undefined
  readonly #production: Production

  constructor(
    resources: Iterable<ResourceLike> | ((clock: Clock) => Iterable<ResourceLike>),
    { faults = {}, hooks = 'modelled', kernel = {}, duration, invariant, from, slower = 1 }: SimulateOptions,
  ) {
    this.#faults = faultsOf(faults)
    this.#recorded = from && new Recorded(from, slower)
    const { replace = [], ...rest } = kernel
    const replacements = [...replace]
    const base = [...(rest.base ?? [])]
    const options = { ...rest, base }
    const seat: Seat = { stage: undefined, track: () => undefined! }
    const make = (from: Iterable<ResourceLike>) => castOf(from, { base, replacements }, hooks === 'real', seat)
    let fixed: Cast | undefined
    const cast = (clock: Clock) => {
      if (typeof resources === 'function') return make(resources(clock))
      fixed ??= make(resources)
      return fixed
    }
    const settings = {
      timeouts: { ...TIMEOUTS, ...kernel.timeouts },
      budget: kernel.shutdown?.timeout ?? 25_000,
      concurrency: kernel.concurrency ?? Infinity,
      modelled: hooks === 'modelled',
    }
    this.#production = { seat, cast, kernel: options, settings, tally: this.tally, invariant, duration }
  }

  /** One run by chance; returns its steps. */
  async run(seed: number): Promise<number> {
    let chance: Chance | undefined
    const { violation, steps } = await runOnce(this.#production, (tracks, duration) => {
      chance = new Chance(new SeededRandom(seed), this.#faults, tracks, duration, this.#recorded)
      return chance
    })
    if (violation === undefined) return steps
    const again = async (schedule: Schedule) => (await this.#replay(schedule)).violation?.rule === violation.rule
    return this.#fail(await shrink(chance!.decisions, again, TRIES), seed)
  }

  async replay(schedule: Schedule): Promise<number> {
    const { violation, steps } = await this.#replay(schedule, this.tally)
    return violation === undefined ? steps : this.#fail(schedule, undefined)
  }

  #replay(schedule: Schedule, tally = noFaults(), watch?: (kernel: Kernel) => void) {
    return runOnce({ ...this.#production, tally }, () => new Replay(schedule), watch)
  }

  async #fail(schedule: Schedule, seed: number | undefined): Promise<never> {
    let log: EventLog | undefined
    const { violation } = await this.#replay(schedule, noFaults(), (kernel) => {
      log = recordEvents(kernel)
    })
    throw new SimulationError(violation!, seed, schedule, log!.lines())
  }
}

const KEYS: readonly (keyof SimulateOptions)[] = [
  'runs',
  'seed',
  'faults',
  'hooks',
  'kernel',
  'duration',
  'from',
  'slower',
  'invariant',
  'replay',
]

function validate(options: SimulateOptions): void {
  for (const key of Object.keys(options) as (keyof SimulateOptions)[]) {
    if (!KEYS.includes(key))
      throw invalidOption(undefined, key, 'is not an option of simulate()', `choose from ${KEYS.join(', ')}`)
  }
  const { runs = 1, seed = 1, duration = 1, replay = [], hooks = 'real', from, slower = 1 } = options
  if (hooks !== 'real' && hooks !== 'modelled')
    throw invalidOption(undefined, 'hooks', "is neither 'modelled' nor 'real'", 'choose one of them')
  if (!Number.isInteger(runs) || runs < 1) throw invalidOption(undefined, 'runs', `is ${runs}`, 'give a whole number, 1 or more')
  if (!Number.isSafeInteger(seed)) throw invalidOption(undefined, 'seed', `is ${seed}`, 'give a whole number')
  if (!(duration > 0 && duration < Infinity))
    throw invalidOption(undefined, 'duration', `is ${duration}`, 'give a number of milliseconds')
  if (from !== undefined) validateRecording(from)
  if (!(slower > 0 && slower < Infinity)) throw invalidOption(undefined, 'slower', `is ${slower}`, 'give a number, more than 0')
  if (from === undefined && options.slower !== undefined)
    throw invalidOption(undefined, 'slower', 'is given without a recording', 'say by from what is to be slower')
  if (!Array.isArray(replay))
    throw invalidOption(undefined, 'replay', 'is not an array', 'give the schedule of a SimulationError')
}

import { createKernel } from '../../create-kernel.js'
import { RETRY } from '../../defaults.js'
import type { Kernel, KernelOptions } from '../../kernel.js'
import { describe } from '../../thrown.js'
import type { Clock } from '../../time/clock.js'
import type { FaultKind } from '../model/faults.js'
import type { Action } from '../model/schedule.js'
import { HookClock } from '../model/timers.js'
import { type Track, tracksOf } from '../model/track.js'
import { type Decider, World, type WorldSettings } from '../model/world.js'
import { endTruly, inTime, nothingLeft } from '../rules/end.js'
import { arrivalsAreTakenIn, nothingRunsWithout, retriesGoOn, whatIsDoneEnds, whatMayRestartDoes } from '../rules/healing.js'
import { probeExactly } from '../rules/probe.js'
import { atRest, nothingIdles } from '../rules/progress.js'
import { standsByTruly, whoWaits } from '../rules/standby.js'
import { virtualClock } from '../virtual-clock.js'
import { Actor } from './actor.js'
import type { Cast, Seat } from './cast.js'
import { durationOf } from './chance.js'
import { Stage } from './stage.js'
import { witness } from './witness.js'

/** What all runs of one simulation share. */
export interface Production {
  readonly seat: Seat
  /** Of one run; the timers of the clock that it is given count as those of hooks. */
  cast(clock: Clock): Cast
  readonly kernel: Omit<KernelOptions, 'clock' | 'replace'>
  readonly settings: Pick<WorldSettings, 'timeouts' | 'budget' | 'concurrency' | 'modelled'>
  readonly tally: Record<FaultKind, number>
  readonly invariant: ((kernel: Kernel) => void) | undefined
  /** How long a run lasts before it is shut down, in ms. */
  readonly duration: number | undefined
}

/** A run that goes on longer than this never ends. */
const MOST_STEPS = 100_000

/** Runs one schedule from start to shutdown, and looks at the rules after every step. */
export async function runOnce(
  { seat, cast: makeCast, kernel, settings, tally, invariant, duration }: Production,
  decide: (tracks: readonly Track[], duration: number) => Decider,
  watch?: (kernel: Kernel) => void,
): Promise<World> {
  const chance = { jitter: 0 }
  const clock = virtualClock({ random: () => chance.jitter })
  const hookClock = new HookClock(clock)
  const cast = makeCast(hookClock)
  const all = tracksOf(cast.graph)
  const length = duration ?? durationOf(all)
  const decider = decide(all, length)
  chance.jitter = decider.actions.find((action) => action.do === 'jitter')?.value ?? 0
  const tracks = new Map(all.map((track) => [track.name, track]))
  const world = new World({ ...settings, clock, hookClock, decider, tracks, tally })
  seat.stage = new Stage(world)
  seat.track = (name) => world.track(name)

  const members = membersOf(all, cast.base, decider.actions)
  for (const track of members) track.member = true
  const roots = members.map(({ name }) => cast.originals.get(name)!)
  world.kernel = createKernel(roots, { ...kernel, clock, replace: cast.replacements })
  world.originals = cast.originals
  watch?.(world.kernel)
  const actor = new Actor(world, cast.originals)
  world.kernel.on('event', (event) => {
    if (world.violation !== undefined) return
    witness(world, event)
    actor.heard()
  })
  await drive(world, actor, length, invariant)
  return world
}

async function drive(world: World, actor: Actor, duration: number, invariant: Production['invariant']): Promise<void> {
  const { clock } = world
  const end = clock.now() + duration
  const patience = end + restWithin(world)
  world.later(duration, () => {})
  actor.begin(world.decider.actions)
  await clock.settle()
  for (;;) {
    look(world, invariant)
    if (world.steps > MOST_STEPS) world.violate('it comes to an end', `the run took more than ${MOST_STEPS} steps`)
    if (world.violation !== undefined) return
    if (world.now >= end && isUp(world)) {
      if (!world.calm || (atRest(world) && actor.open.length === 0)) {
        actor.shutdown()
        await clock.settle()
        continue
      }
      if (world.now > patience) world.violate('it comes to rest', `with nothing failing any more: ${unrest(world, actor)}`)
    }
    if (!(await step(world))) break
  }
  const [open] = actor.open
  if (open !== undefined) world.violate('no promise is left hanging', `${open} never settled`)
  if (world.up) world.violate('no promise is left hanging', `nothing is left to wait for, and the kernel is ${world.state}`)
  endTruly(world)
}

async function step(world: World): Promise<boolean> {
  world.turn++
  try {
    return await world.clock.step()
  } catch (error) {
    world.violate('nothing throws', `a timer threw ${describe(error)}`)
    return true
  }
}

/** Whether it has to be told to stop. */
function isUp({ state, aborting, up }: World): boolean {
  return state === 'starting' ? !aborting : up && (state === 'running' || state === 'failed')
}

/** The rules that hold whenever everything that needs no time has happened. */
function look(world: World, invariant: Production['invariant']): void {
  if (world.violation !== undefined) return
  whoWaits(world)
  probeExactly(world)
  inTime(world)
  nothingLeft(world)
  nothingIdles(world)
  nothingRunsWithout(world)
  standsByTruly(world)
  whatMayRestartDoes(world)
  retriesGoOn(world)
  arrivalsAreTakenIn(world)
  whatIsDoneEnds(world)
  const untold = world.ledger.untoldCheck(world.ending)
  if (untold !== undefined) world.violate('every error is told', `nobody was told of "${untold.error.message}"`)
  try {
    invariant?.(world.kernel)
  } catch (error) {
    world.violate('the given invariant holds', describe(error))
  }
}

/** Those that the kernel begins with, as a schedule may leave some out. */
function membersOf(tracks: readonly Track[], base: ReadonlySet<string>, actions: readonly Action[]): Track[] {
  const out = new Set<Track>()
  for (const action of actions) {
    if (action.do !== 'leave out') continue
    for (const track of tracks) if (track.name === action.resource && !base.has(track.name)) out.add(track)
  }
  for (const track of out) for (const { from } of track.dependents) out.add(from)
  return tracks.filter((track) => !out.has(track))
}

/** How long a kernel in which nothing fails any more may take to come to rest, in ms: what hangs must first run out of time. */
function restWithin(world: World): number {
  let longest = 0
  for (const track of world.tracks.values()) {
    const { maxDelay = 30_000 } = track.definition.options.restart ?? { maxDelay: 0 }
    const { retry } = track.definition.options
    const pause = retry === undefined ? 0 : retry === true ? RETRY.maxDelay : (retry.maxDelay ?? RETRY.maxDelay)
    const start = track.timeout('start', world.timeouts)
    longest = Math.max(longest, pause + maxDelay + (start === Infinity ? 0 : start))
  }
  return 3 * (longest + (world.budget === Infinity ? 0 : world.budget)) + 1_000
}

function unrest(world: World, actor: Actor): string {
  const restless = [...world.tracks.values()].filter(
    ({ member, state, stands }) => member && !stands && state !== 'running' && state !== 'failed',
  )
  return [...restless.map(({ name, state }) => `"${name}" is ${state}`), ...actor.open.map((what) => `${what} is open`)].join(
    ', ',
  )
}

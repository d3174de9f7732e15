import { RESERVE } from '../../defaults.js'
import type { StopContext } from '../../define/context.js'
import type { Ref } from '../../define/ref.js'
import type { Life, Track } from '../model/track.js'
import { TOLERANCE, type World } from '../model/world.js'

/** S1, S4, H5: the kernel begins with a start: what it needs is there, and nothing is left of the instance before it. */
export function mayStart(world: World, track: Track): void {
  const { name, expected } = track
  if (world.state !== 'starting' && world.state !== 'running' && world.state !== 'failed') {
    world.violate('nothing starts while the kernel stops', `"${name}" was started while the kernel is ${world.state}`)
  }
  if (!track.member) world.violate('only members start', `"${name}" was started, and it is not part of the kernel`)
  if (track.life?.holds && !track.life.orphan) {
    world.violate('one instance at a time', `"${name}" was started while its previous instance is not released`)
  }
  if (inFlight(world) > world.concurrency) {
    world.violate('no more starts at once than allowed', `"${name}" was started with ${world.concurrency} starts in flight`)
  }
  track.life = undefined
  expected.clear()
  for (const { to, kind } of track.dependencies) {
    if (to.life?.serving) expected.set(to, to.life)
    else if (kind === 'required') {
      world.violate('nothing starts without what it requires', `"${name}" was started while "${to.name}" is ${to.state}`)
    }
    // What is on its way out, or came in again after those that it was to come before, is tied to nobody.
    const tied = to.member && to.changing === 0 && to.joined <= track.joined
    // Neither a ref nor an order waits for what is restarted.
    const hasRun = to.lives.some((life) => life.cycle === world.cycle && (life.up || life !== to.life))
    const follows = (to.takenAlong || hasRun) && (kind === 'ref' || kind === 'after')
    if (world.state === 'starting' && tied && !to.settled && !follows) {
      world.violate('each starts after what it depends on', `"${name}" was started before "${to.name}" has settled`)
    }
  }
}

/** H4: a start hook is given the current instances. */
export function startCall(world: World, track: Track, deps: Readonly<Record<string, unknown>>): void {
  for (const { to, kind, field } of track.dependencies) {
    // What is on its way out may be given no more.
    if (field === undefined || (deps[field] === undefined && to.changing > 0)) continue
    const current = track.expected.get(to)
    const given = deps[field]
    if (
      kind === 'ref' ? (given as Ref<unknown>).current === current?.value || !current?.serving : Object.is(given, current?.value)
    )
      continue
    const what = given === undefined ? 'nothing' : current === undefined ? 'a value, and none is to be had' : 'an old value'
    world.violate(
      'each gets the current instance',
      `"${track.name}" was given ${what} for ${field}, and "${to.name}" is ${to.state}`,
    )
  }
}

function inFlight(world: World): number {
  let open = 0
  for (const { life, state, standby } of world.tracks.values())
    if (state === 'starting' && life?.start === 'open' && standby === undefined) open++
  return open
}

/** H1: checks ask only an instance that is there, one at a time. */
export function checkCall(world: World, track: Track, value: unknown): Life | undefined {
  const life = lifeOf(track, value)
  if (life === undefined) {
    world.violate('hooks get the value of the instance', `the check of "${track.name}" was given a foreign value`)
    return undefined
  }
  if (life !== track.life || life.leaving || life.stopped !== undefined || life.startGivenUp) {
    world.violate('only what runs is checked', `"${track.name}" was checked while it is ${track.state}`)
  }
  const limit = track.timeout('check', world.timeouts)
  const open = life.checksBegan.filter((began) => world.now < began + limit - TOLERANCE)
  if (open.length > 0)
    world.violate('checks of one resource never overlap', `"${track.name}" was checked while a check of it is open`)
  if (life.checksBegan.length > 3) {
    world.violate(
      'no more than three checks are abandoned',
      `"${track.name}" was checked with ${life.checksBegan.length} checks open`,
    )
  }
  return life
}

/** S9: an instance that runs is activated once, after those that it depends on. */
export function activateCall(world: World, track: Track, value: unknown): Life | undefined {
  const life = lifeOf(track, value)
  if (life === undefined || life !== track.life || !life.serving || life.activated !== undefined) {
    world.violate('each is activated once, while it runs', `"${track.name}" was activated again, or while it is ${track.state}`)
    return undefined
  }
  for (const other of needs(track)) {
    const below = other.life
    if (other.definition.options.activate === undefined || !below?.serving || other.changing > 0) continue
    if (below.activated === undefined || (below.activated === 'open' && world.now < below.turnUntil - TOLERANCE)) {
      world.violate('each is activated after what it depends on', `"${track.name}" was activated before "${other.name}"`)
    }
  }
  return life
}

/** Everything whose value it has, by way of whatever. */
function needs(track: Track): Set<Track> {
  const found = new Set<Track>()
  const add = ({ dependencies, life }: Track) => {
    for (const { to, kind } of dependencies)
      if (kind === 'required' || (kind === 'optional' && life?.given.has(to))) found.add(to)
  }
  add(track)
  for (const other of found) add(other)
  return found
}

/** S9: what was activated is told once to take no more, before its drain, and after those that depend on it. */
export function quiesceCall(world: World, track: Track, value: unknown): Life | undefined {
  const life = lifeOf(track, value)
  if (life === undefined || life !== track.life || life.leaving || life.quiesced !== undefined) {
    world.violate(
      'each is quiesced at most once, before its end',
      `"${track.name}" was quiesced again, or while it is ${track.state}`,
    )
    return undefined
  }
  if (track.definition.options.activate !== undefined && life.activated === undefined)
    world.violate('only what was activated is quiesced', `"${track.name}" was quiesced, and never activated`)
  for (const { from, kind } of track.dependents) {
    const above = from.life
    if (kind === 'ref' || kind === 'after' || from.definition.options.quiesce === undefined || !above?.serving) continue
    if (above.given.get(track) !== life || above.quiesced !== undefined || above.turnFailed) continue
    // One whose activation is in flight, or has settled just now, is quiesced after that.
    const settled = above.activated !== undefined && above.activated !== 'open' && above.activatedIn !== world.turn
    if (from.definition.options.activate !== undefined && !settled) continue
    world.violate('each is quiesced after its dependents', `"${track.name}" was quiesced before "${from.name}"`)
  }
  return life
}

/** D2, D4: drained once, before its stop, after its dependents. */
export function drainCall(world: World, track: Track, value: unknown, ctx: StopContext): Life | undefined {
  const life = lifeOf(track, value)
  if (life === undefined || life.drained !== undefined || life.stopped !== undefined) {
    world.violate('each is drained at most once', `"${track.name}" was drained again, or after its stop`)
    return undefined
  }
  leaves(world, life)
  withinBudget(world, life, ctx)
  workComesFirst(world, life, ctx)
  return life
}

/** D3: a drain is cut only where those below it hold no more than their reserves. */
function workComesFirst(world: World, { track, leases, work }: Life, ctx: StopContext): void {
  if (!world.ending || track.parting || world.deadline === Infinity) return
  const own = track.timeout('drain', world.timeouts)
  if (ctx.deadline >= world.now + own - TOLERANCE) return
  const kept = stopReserve(world, track) + reserveBelow(world, track)
  const left = world.deadline - ctx.deadline
  if (left > kept + TOLERANCE && leases + work === 0) {
    world.violate(
      'work comes first',
      `the drain of "${track.name}" was cut with ${left} ms left, and those below need ${kept} ms`,
    )
  }
}

function stopReserve(world: World, track: Track): number {
  return Math.min(track.timeout('stop', world.timeouts), Math.max(RESERVE.stop, 2 * track.longestStop))
}

/** The most that may be kept on the longest way down. */
function reserveBelow(world: World, track: Track): number {
  let most = 0
  for (const { to } of track.dependencies) {
    if (!to.member) continue
    const drain = Math.min(to.timeout('drain', world.timeouts), RESERVE.drain)
    most = Math.max(most, drain + stopReserve(world, to) + reserveBelow(world, to))
  }
  return most
}

/** D2, D5: stopped once, after its dependents; in time for those below. */
export function stopCall(world: World, track: Track, value: unknown, ctx: StopContext): Life | undefined {
  const life = track.lastLife((life) => life.stopped === undefined && life.start === 'acquired' && Object.is(life.value, value))
  if (life === undefined) {
    world.violate('what started is stopped exactly once', `"${track.name}" was stopped without being started, or once more`)
    return undefined
  }
  if (!life.leaving) leaves(world, life)
  if (life.leases > 0 && !life.gone && !life.drainTimedOut) {
    world.violate(
      'a lease keeps its instance',
      `"${track.name}" was stopped with ${life.leases} leases held, and its drain had not run out`,
    )
  }
  if (life.up && life.work > 0 && !life.gone && !life.drainTimedOut) {
    world.violate(
      'tracked work keeps its instance',
      `"${track.name}" was stopped with ${life.work} pieces of work in flight, and its drain had not run out`,
    )
  }
  if (!life.drainTimedOut) life.cut = openWork(world, life)
  if (life.drained === 'open' && !life.drainTimedOut) {
    world.violate('a drain is awaited', `"${track.name}" was stopped during its drain, which had not run out`)
  }
  if (!life.startGivenUp) withinBudget(world, life, ctx)
  return life
}

/** W1: how much work there is; undefined where some has ended in this turn, and the kernel may or may not have heard of that. */
export function openWork(world: World, { workEndedIn, leases, work }: Life): number | undefined {
  return workEndedIn === world.turn ? undefined : leases + work
}

/** D4: the last resort comes after the stop ran out of time, or where there was no time for one. */
export function killCall(world: World, track: Track, value: unknown): Life | undefined {
  const life = track.lastLife((life) => life.start === 'acquired' && life.killed === undefined && Object.is(life.value, value))
  if (life === undefined) {
    world.violate('each is killed at most once', `"${track.name}" was killed once more, or without being started`)
    return undefined
  }
  if (life.stopped === undefined) {
    if (!life.leaving) leaves(world, life)
  } else if (world.now < (life.stopContext?.deadline ?? 0) - TOLERANCE) {
    world.violate('a kill comes last', `"${track.name}" was killed before its stop had run out of time`)
  }
  return life
}

/** D5: last in, first out, after the stop. */
export function cleanupCall(world: World, life: Life, place: number): void {
  const { name } = life.track
  if (life.cleanups.pop() !== place)
    world.violate('cleanups run last in, first out', `the cleanups of "${name}" ran in another order, or twice`)
  const stopTimedOut = world.now >= (life.stopContext?.deadline ?? Infinity) - TOLERANCE
  const stopOpen = life.stopped === undefined || life.stopped === 'open'
  // What a failed start registered may be cleaned up before its value arrives.
  if (life.start === 'acquired' && stopOpen && !stopTimedOut && !life.startGivenUp) {
    world.violate('cleanups run after the stop', `a cleanup of "${name}" ran before its stop had settled`)
  }
}

function lifeOf(track: Track, value: unknown): Life | undefined {
  return track.lastLife((life) => life.start === 'acquired' && Object.is(life.value, value))
}

/** An instance goes away: nobody may be working with it any more. */
function leaves(world: World, life: Life): void {
  life.leaving = true
  // Nobody was given what came too late.
  if (life.orphan) return
  const { track } = life
  for (const { from } of track.dependents) {
    const dependent = from.life
    // Nothing waits for what came too late.
    if (!dependent?.holds || dependent.orphan) continue
    // What was being started says nothing of those that run without it.
    const tied = life.up && world.ending && from.member && from.joined >= track.joined && !track.parting && !from.parting
    if (dependent.given.get(track) === life) {
      const what = `while "${from.name}", which has its value, is ${from.state}`
      world.violate('nothing stops before its dependents', `"${track.name}" was stopped ${what}`)
    } else if (tied) {
      world.violate('nothing stops before its dependents', `"${track.name}" was stopped in a shutdown before "${from.name}"`)
    }
  }
}

/** D3: nobody is promised time that the whole does not have. */
function withinBudget(world: World, { track }: Life, ctx: StopContext): void {
  if (world.ending && ctx.deadline > world.deadline + TOLERANCE && !track.parting) {
    const over = ctx.deadline - world.deadline
    world.violate('the shutdown budget holds', `"${track.name}" was given ${over} ms more than the kernel has`)
  }
}

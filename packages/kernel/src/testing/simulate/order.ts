import type { StopContext } from '../../define/context.js'
import type { Ref } from '../../define/ref.js'
import type { Life, Track } from './track.js'
import { TOLERANCE, type World } from './world.js'

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
    const hasRun = to.lives.some(({ cycle, up }) => cycle === world.cycle && up)
    const follows = (to.away || hasRun) && (kind === 'ref' || kind === 'after')
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
  for (const { life, state } of world.tracks.values()) if (state === 'starting' && life?.start === 'open') open++
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

/** D2, D4: drained once, before its stop, after its dependents. */
export function drainCall(world: World, track: Track, value: unknown, ctx: StopContext): Life | undefined {
  const life = lifeOf(track, value)
  if (life === undefined || life.drained !== undefined || life.stopped !== undefined) {
    world.violate('each is drained at most once', `"${track.name}" was drained again, or after its stop`)
    return undefined
  }
  leaves(world, life)
  withinBudget(world, life, ctx)
  return life
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
  if (life.drained === 'open' && !life.drainTimedOut) {
    world.violate('a drain is awaited', `"${track.name}" was stopped during its drain, which had not run out`)
  }
  if (!life.startGivenUp) withinBudget(world, life, ctx)
  return life
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
    const tied = world.ending && from.member && from.joined >= track.joined && !track.parting && !from.parting
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

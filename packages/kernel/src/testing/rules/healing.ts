import { RETRY } from '../../defaults.js'
import type { KernelEventOf } from '../../observe/events.js'
import type { Track } from '../model/track.js'
import { TOLERANCE, type World } from '../model/world.js'
import { mayStart } from './order.js'

/** R1, R2: a first start has failed, and is to be tried again. */
export function retried(world: World, { resource, try: tried, attempts, delayMs }: KernelEventOf<'start:retry'>): void {
  const track = world.track(resource)
  const { definition, impact, retry, hasRun } = track
  const broken = (what: string) => world.violate('retries follow their policy', `try ${tried} of "${resource}" ${what}`)
  const asked = definition.options.retry
  if (asked === undefined) return broken('was to be followed by another, and it has no policy')
  const policy = { ...RETRY, ...(asked === true ? {} : asked) }
  if (hasRun) broken('was to be followed by another, and it has run')
  if (world.ending) broken(`was to be followed by another while the kernel is ${world.state}`)
  if (attempts !== policy.attempts || tried >= attempts) broken(`was to be followed by another, of ${attempts}`)
  if (tried !== (retry?.failed ?? 0) + 1) broken(`came after ${retry?.failed ?? 0} others`)
  const full = Math.min(policy.maxDelay, policy.delay * policy.factor ** (tried - 1))
  if (delayMs > full + TOLERANCE || delayMs < full * (1 - policy.jitter) - TOLERANCE)
    broken(`was to be followed by another in ${delayMs} ms, of ${full} ms`)
  track.retry = { failed: tried, dueAt: world.now + delayMs, dueBy: world.now + delayMs }
  track.late = impact !== 'unready'
  track.pausing = !track.late
  if (!track.late && track.state !== 'starting')
    broken(`was to be followed by another that is waited for, and it is ${track.state}`)
  if (track.late && track.state !== 'failed') broken(`was to be followed by another in the background, and it is ${track.state}`)
}

/** R2: a try in the background has failed, or was given up because what it needs was restarted: that does not count, and is not told. */
export function failedLate(world: World, { definition, retry }: Track): Track['retry'] {
  const maxDelay = Object(definition.options.retry).maxDelay ?? RETRY.maxDelay
  return { failed: retry!.failed, dueAt: world.now, dueBy: world.now + maxDelay }
}

/** A start hook is called once more: not before its time, and with what there is now. */
export function triedAgain(world: World, track: Track): void {
  if (world.now < track.retry!.dueAt - TOLERANCE) {
    world.violate('retries follow their policy', `"${track.name}" was tried ${track.retry!.dueAt - world.now} ms before its time`)
  }
  track.pausing = false
  // The kernel tells of the beginning of the whole start alone.
  if (!track.late) mayStart(world, track)
}

/** R1, R2: nobody waits for more than the policy says; asked when everything has settled. */
export function retriesGoOn(world: World): void {
  if (!world.up || world.ending || world.aborting) return
  let open = 0
  for (const { state, life, pausing, standby } of world.tracks.values())
    if (standby === undefined && ((state === 'starting' && !pausing) || (life?.up === false && life.releasing))) open++
  for (const track of world.tracks.values()) {
    const { name, retry, state, startingSince, member, changing, away, late } = track
    if (
      startingSince !== 0 &&
      !track.stoodBy &&
      world.modelled &&
      world.now > startingSince + track.timeout('start', world.timeouts) + TOLERANCE
    )
      world.violate('a start is bounded', `"${name}" has been starting for ${world.now - startingSince} ms`)
    if (retry === undefined || !member || changing > 0 || away) continue
    const waits = late ? state === 'failed' : track.pausing
    const calm = track.dependencies.every(
      ({ to }) => !to.away && to.changing === 0 && to.settled && (to.late || to.state !== 'failed' || !to.life?.releasing),
    )
    const due = Math.max(retry.dueBy, track.releasedAt)
    if (waits && calm && world.now > due + TOLERANCE && open < world.concurrency && !track.life?.releasing)
      return world.violate('what may be tried again is', `the next try of "${name}" was due ${world.now - due} ms ago`)
  }
}

/** R2, H9: what failed for want of another comes back with it, and so does what asked for that. */
export function arrivalsAreTakenIn(world: World): void {
  if (world.state !== 'running') return
  for (const track of world.tracks.values()) {
    const { name, state, member, changing, away, lacksDependency, dependencies, life, joined } = track
    if (!member || changing > 0 || away) continue
    const there = ({ to }: { to: Track }) => to.life?.serving === true && !to.away && to.changing === 0
    if (state === 'failed' && lacksDependency && dependencies.every((edge) => edge.kind !== 'required' || there(edge)))
      return world.violate('what failed for want of another comes with it', `"${name}" has all that it requires, and is failed`)
    if (!life?.serving) continue
    const missed = dependencies.find(
      (edge) => edge.late && there(edge) && edge.to.joined <= joined && !life.given.has(edge.to) && edge.field !== undefined,
    )
    if (missed !== undefined)
      return world.violate('what asks for what is late gets it', `"${name}" runs without "${missed.to.name}", which is there`)
  }
}

/** R2: those that have no part in it stay as they are. */
export function regained(world: World, { resource, resources }: KernelEventOf<'resource:regained'>): void {
  const root = world.track(resource)
  // S9: what it begins with is part of that.
  if (root.definition.options.activate !== undefined && world.started && root.life?.activated === undefined) {
    root.away = true
    root.excused = root.takesTurns
  }
  for (const name of resources) {
    const { dependencies, state, away, waits } = world.track(name)
    const concerned = dependencies.some(({ to, late }) => (to === root && late) || resources.includes(to.name))
    if (state !== 'failed' && !away && !waits && !concerned)
      world.violate('who runs without it is left alone', `"${name}" is taken down because "${resource}" is there`)
  }
}

/** H9: what runs has what it requires; asked when everything has settled. A start that is rolled back is so as a whole. */
export function nothingRunsWithout(world: World): void {
  if (!world.up || world.ending || world.aborting) return
  for (const { name, state, away, changing, member, dependencies } of world.tracks.values()) {
    if (state !== 'running' || away || changing > 0 || !member) continue
    const missing = dependencies.find(({ to, kind }) => kind === 'required' && to.state !== 'running' && to.changing === 0)
    if (missing !== undefined) {
      const { to } = missing
      return world.violate('nothing runs without what it requires', `"${name}" is running, and "${to.name}" is ${to.state}`)
    }
  }
}

/** T1: what is done is restarted, or ends the kernel once that runs; asked when everything has settled. */
export function whatIsDoneEnds(world: World): void {
  if (!world.up || world.ending || world.aborting) return
  for (const { name, life, changing, away } of world.tracks.values()) {
    if (life?.finished === undefined || !life.serving || life.cycle !== world.cycle || changing > 0 || away) continue
    if (life.finished === 'restart')
      return world.violate('what is done and is to begin anew does', `"${name}" is done, and still running`)
    if (world.started)
      return world.violate('a job that is done ends the kernel', `"${name}" is done, and the kernel is ${world.state}`)
  }
}

/** H4: what crashed, has a policy, and attempts left, is restarted. */
export function whatMayRestartDoes(world: World): void {
  if (!world.up || world.ending || world.aborting) return
  for (const { name, state, away, changing, exhausted, life, definition, member } of world.tracks.values()) {
    if (
      !life?.crashed ||
      !life.up ||
      life.cycle !== world.cycle ||
      !member ||
      away ||
      changing > 0 ||
      exhausted ||
      definition.options.restart === undefined
    )
      continue
    if (state === 'running' || state === 'failed') {
      return world.violate('what may be restarted is', `"${name}" crashed, has attempts left, and is ${state}`)
    }
  }
}

import { TASK_RESTART } from '../../defaults.js'
import type { RestartOptions } from '../../define/resource.js'
import type { KeelsonError } from '../../errors.js'
import type { KernelEvent, KernelEventOf } from '../../observe/events.js'
import type { Life, Track } from '../model/track.js'
import { TOLERANCE, type World } from '../model/world.js'
import { outcomesOf } from '../rules/end.js'
import { failedLate, regained, retried } from '../rules/healing.js'
import { mayStart, openWork } from '../rules/order.js'
import { readyTruly } from '../rules/probe.js'
import { termsAreOver, whoWaits } from '../rules/standby.js'

/** Hears every event of a simulated kernel, and holds it against what the hooks saw. */
export function witness(world: World, event: KernelEvent): void {
  world.steps++
  whoWaits(world)
  switch (event.type) {
    case 'kernel:state':
      world.moves++
      kernelMoved(world, event)
      break
    case 'resource:state':
      world.moves++
      resourceMoved(world, event)
      break
    case 'resource:error':
      failed(world, world.track(event.resource), event.error)
      break
    case 'resource:orphan':
      world.ledger.see(event.error)
      orphanReleased(world, world.track(event.resource), event.error)
      break
    case 'check:result':
      world.ledger.see(event.error)
      // Those that a start waits for say nothing of its health.
      if (world.track(event.resource).state !== 'starting') world.track(event.resource).count(event.ok)
      break
    case 'resource:standby':
      stoodBy(world, event)
      break
    case 'start:retry':
      world.ledger.see(event.error)
      tryFailed(world, event)
      break
    case 'restart:scheduled':
      restarted(world, event)
      break
    case 'restart:exhausted':
      world.ledger.see(event.error)
      exhausted(world, world.track(event.resource))
      break
    case 'resource:lost':
      lost(world, event)
      break
    case 'health:change':
      if (event.to === 'unhealthy') borne(world, world.track(event.resource))
      break
    case 'resource:regained':
      regained(world, event)
      for (const name of event.resources) takenAway(world.track(name), undefined, world.track(event.resource).takesTurns)
      break
    case 'restart:done':
      done(world, event)
      break
    case 'listener:error':
      // Only the simulation listens.
      throw event.error
    default:
  }
  whoWaits(world)
  readyTruly(world)
}

function kernelMoved(world: World, { from, to }: KernelEventOf<'kernel:state'>): void {
  if (from !== world.state)
    world.violate('states follow each other', `the kernel went from ${from} to ${to}, and was ${world.state}`)
  world.state = to
  if (to === 'starting') {
    world.cycle++
    world.up = true
    world.started = false
    // Told after the start was asked for, and before it began.
    world.broken = world.aborting = world.failsNext
    world.failsNext = false
    for (const track of world.tracks.values()) {
      track.launched = track.parting = track.away = track.cutShort = track.late = track.hasRun = track.lacksDependency = false
      track.takenAlong = track.excused = track.waits = false
      track.standby = undefined
      track.retry = undefined
    }
  } else if (to === 'running') {
    world.started = true
    if (from === 'starting') allActivated(world)
  } else if (to === 'draining' || (to === 'stopping' && from === 'starting')) {
    world.aborting = true
    world.deadline = (world.askedAt ?? world.now) + world.budget
    termsAreOver(world)
    for (const track of world.tracks.values()) track.parting = track.away || track.changing > 0 || track.life?.leaving === true
  } else if (to === 'stopped' || from === 'stopping') {
    if (from === 'stopping' && to === 'failed') world.broken = true
    world.deadline = Infinity
    world.askedAt = undefined
    world.started = world.up = false
    world.rested.set(world.cycle, outcomesOf(world))
  }
}

/** S9: before the kernel says that it runs, everything has been told to begin. */
function allActivated(world: World): void {
  for (const { name, definition, life, changing } of world.tracks.values()) {
    if (definition.options.activate === undefined || changing > 0 || !life?.serving || life.activated === 'well') continue
    world.violate('what runs was activated', `the kernel runs, and "${name}" was not activated`)
  }
}

function resourceMoved(world: World, { resource, from, to }: KernelEventOf<'resource:state'>): void {
  const track = world.track(resource)
  const { life } = track
  if (from !== track.state)
    world.violate('states follow each other', `"${resource}" went from ${from} to ${to}, and was ${track.state}`)
  track.state = to
  if (to === 'starting' || to === 'failed') track.launched = true
  if (to === 'starting') mayStart(world, track)
  track.pausing = track.stoodBy = false
  track.standby = undefined
  if (from === 'starting' && to === 'failed' && track.late) track.retry = failedLate(world, track)
  track.startingSince = to === 'starting' ? world.now : 0
  if (to === 'running' || to === 'starting' || to === 'restarting') track.lacksDependency = false
  if (to === 'running') track.hasRun = true
  if (to !== 'running') track.toleratedUntil = Infinity
  if (to === 'running' || to === 'restarting' || (to === 'failed' && !track.late)) noLonger(track)
  if (to === 'running') runs(world, track, life)
  else if (from === 'starting' && life !== undefined) startGivenUp(world, life)
  if (to === 'starting') track.exhausted = false
  if (to === 'stopping') track.stoppingSince = world.now
  else if (from === 'stopping') track.longestStop = Math.max(track.longestStop, world.now - track.stoppingSince)
  if (to === 'draining' || to === 'stopping') track.leavingSince ||= world.now
  else track.leavingSince = 0
  if (from === 'starting' && to === 'running') track.cutShort = false
  if (to === 'restarting') track.cutShort = false
  if (from === 'stopping' && life !== undefined) released(world, track, life, to === 'stopped')
  track.justFailed = to === 'failed' && from !== 'stopping'
  if (to === 'failed') {
    track.failedWithAll = track.sharesFate
    const ends = track.impact === 'unready' && from !== 'stopping'
    // H8: an outage that all replicas share is no reason to end one of them, once it has started.
    if (ends && (world.state === 'starting' || !track.sharesFate)) world.broken = true
    if (world.state === 'starting' && track.impact === 'unready' && !track.away) world.aborting = true
  }
  if (from === 'restarting' && to === 'stopped') track.away = false
}

function startGivenUp(world: World, life: Life): void {
  life.startGivenUp = true
  // The kernel has not heard of it yet.
  if (life.start === 'acquired' && life.acquiredIn === world.turn) life.orphan = true
}

function runs(world: World, track: Track, life: Life | undefined): void {
  if (life?.start !== 'acquired')
    return world.violate('what runs has started', `"${track.name}" runs, and its start has not succeeded`)
  if (track.definition.options.check !== undefined) {
    if (!life.checkPassed) world.violate('what runs has passed its check', `"${track.name}" runs, and its check has not passed`)
    track.setHealth('healthy')
  }
  life.up = true
  // Another restart came while it started: it is stopped at once. While the kernel runs it is back when it is activated, too.
  const awaitsActivation = track.definition.options.activate !== undefined && world.started && life.activated === undefined
  if (!track.cutShort && !awaitsActivation) track.away = false
}

/** D4, D5: the kernel says that it is released, or that it has given up on that. */
function released(world: World, { name }: Track, life: Life, well: boolean): void {
  if (well && life.holds)
    world.violate('what is stopped is released', `"${name}" is said to have stopped, and its stop is not over`)
  if (well && (life.stopped === 'badly' || life.cleanupFailed))
    world.violate('each outcome is true', `"${name}" is said to have stopped, and that failed`)
  if (!well && !life.releaseTimedOut && life.stopped === 'well' && !life.cleanupFailed && life.openCleanups === 0) {
    world.violate('each outcome is true', `"${name}" is said to have failed to stop, and it did not`)
  }
  if (life.holds && !life.releaseTimedOut)
    world.violate('a stop is awaited', `"${name}" was given up before its stop had run out of time`)
  life.releaseGivenUp = true
}

function failed(world: World, track: Track, error: KeelsonError): void {
  world.ledger.see(error)
  if (error.code === 'ABORTED') track.justFailed = false
  else failureTold(track)
  // What it needs is not there: its own policy has no say in that.
  if (error.code === 'DEPENDENCY_FAILED') {
    track.exhausted = track.lacksDependency = true
    noLonger(track)
  }
  // Its last try: a failure that is followed by another is told with that.
  if (track.late && track.state === 'failed' && error.details.tries !== undefined) noLonger(track)
  const turn = error.phase === 'activate' || error.phase === 'quiesce'
  if (turn && track.life !== undefined) track.life.turnFailed = true
  if (error.phase === 'drain' && track.life !== undefined) drainFailed(world, track.life, error)
  if (error.phase === 'stop' && error.code === 'TIMEOUT') timedOut(world, track, error)
}

/** Where the hook failed while leases were held or work was in flight, that is what is told when they run out of time. */
function drainFailed(world: World, life: Life, { code }: KeelsonError): void {
  const late = world.now >= (life.drainContext?.deadline ?? Infinity) - TOLERANCE
  if (life.drainTimedOut || (code !== 'TIMEOUT' && !(life.leases + life.work > 0 && late))) return
  life.drainTimedOut = true
  // What is not waited for any more may still end by itself before the stop. Of a hook that failed nobody says that time is up, too.
  life.cut = code === 'TIMEOUT' ? openWork(world, life) : undefined
}

/** A stop, or the cleanups after it, ran out of time. */
function timedOut(world: World, track: Track, error: KeelsonError): void {
  const [life, ...others] = track.lives.filter((life) => mayBeTimedOut(world, life))
  if (life === undefined) return
  // Several lives of one resource can be on their way out at once, and the event does not say of which it speaks.
  for (const one of [life, ...others]) {
    if (others.length > 0) one.unclear = true
    one.releaseTimedOut = true
    // Of a start that failed, nothing more is said.
    if (track.state === 'failed' || track.pausing) {
      one.releaseGivenUp = true
      track.releasedAt = world.now
    }
  }
  if (others.length > 0 || life.orphan || life.stopped !== 'open') return
  if (world.now < (life.stopContext?.deadline ?? 0) - TOLERANCE) {
    world.violate('a stop is awaited', `"${track.name}" was given up before its stop had run out of time`)
  }
  if (life.stopContext?.signal.aborted === false) {
    const told = `and its signal has not aborted (${error.code})`
    world.violate('what is given up is told', `the stop of "${track.name}" was given up, ${told}`)
  }
}

function mayBeTimedOut(world: World, life: Life): boolean {
  const { track } = life
  const deadline = (life.stopContext?.deadline ?? Infinity) - TOLERANCE
  // The cleanups of a failed start may be given up before its value comes, which is stopped on its own.
  if (life.releaseGivenUp) return life.startGivenUp && life.stopped === 'open' && world.now >= deadline
  if (life === track.life && (track.leavingSince !== 0 || ((track.state === 'failed' || track.pausing) && life.holds)))
    return true
  return world.now >= deadline && (life.holds || life.stopSettledAt >= deadline)
}

function orphanReleased(world: World, track: Track, error: KeelsonError | undefined): void {
  const [life, ...others] = track.lives.filter((life) => life.startGivenUp && !life.up)
  if (life === undefined || others.length > 0) return
  if (error?.code === 'TIMEOUT') life.releaseGivenUp = true
  else if (life.stopped === 'open') {
    world.violate('a stop is awaited', `the orphan of "${track.name}" is said to be released, and its stop is open`)
  }
}

/** H8: what all replicas share goes on being restarted. */
function exhausted(world: World, track: Track): void {
  track.exhausted = true
  if (track.shared) world.violate('what is shared goes on', `the attempts of "${track.name}" are said to be used up`)
}

/** It does not come back from the restart that it was part of. */
function failureTold(track: Track): void {
  // A start that another restart cut short is still on its way back.
  if (track.justFailed && !track.cutShort) track.away = false
  track.justFailed = false
}

/** R1: the kernel says so before the next try; a value may still come. */
function tryFailed(world: World, event: KernelEventOf<'start:retry'>): void {
  const track = world.track(event.resource)
  failureTold(track)
  retried(world, event)
  if (track.life === undefined || track.state !== 'starting') return
  track.life.tried = true
  startGivenUp(world, track.life)
}

/** It is not tried again: it runs, was given up, or somebody else brings it back. */
function noLonger(track: Track): void {
  track.retry = undefined
  track.late = false
}

/** H6: what it says of itself is borne for as long as was asked for. */
function borne(world: World, track: Track): void {
  const { failureThreshold = 3 } = track.definition.options.monitor ?? {}
  if (track.failures >= failureThreshold || track.toleratedUntil === Infinity) return
  if (world.now >= track.toleratedUntil - TOLERANCE) return track.setHealth('unhealthy')
  world.violate('what is tolerated is borne', `"${track.name}" is unhealthy ${track.toleratedUntil - world.now} ms too early`)
}

/** S11: it is back, as far as it can be, and is tried no more. */
function stoodBy(world: World, { resource, reason }: KernelEventOf<'resource:standby'>): void {
  const track = world.track(resource)
  if (track.state !== 'starting' || track.life?.start !== 'open')
    world.violate('only a start stands by', `"${resource}" is said to stand by while it is ${track.state}`)
  noLonger(track)
  track.standby = reason
  track.stoodBy = true
  track.takesTurns = world.turns = true
  if (track.life !== undefined) track.life.stood = true
  if (!track.cutShort) track.away = false
}

/** Somebody who waits for it to be back takes this for the truth. */
function done(world: World, { resource }: KernelEventOf<'restart:done'>): void {
  const { state } = world.track(resource)
  if (state !== 'running')
    world.violate('states follow each other', `the restart of "${resource}" is said to be done, and it is ${state}`)
}

/** H9: what holds its value goes down with it. */
function lost(world: World, { resource, resources, error }: KernelEventOf<'resource:lost'>): void {
  world.ledger.see(error)
  if (world.track(resource).impact === 'unready' && world.state === 'starting') world.aborting = true
  for (const name of resources) takenAway(world.track(name), undefined, world.track(resource).takesTurns)
}

function takenAway(track: Track, policy: RestartOptions | undefined, excused: boolean, endless = false): void {
  noLonger(track)
  track.excused = excused
  track.inheritsEndless = endless
  track.away = track.takenAlong = true
  track.justFailed = false
  track.cutShort = track.state === 'starting'
  track.inherited = policy
  if (track.life !== undefined) track.life.goingDown = true
}

function restarted(world: World, { resource, resources, attempt, delayMs, error }: KernelEventOf<'restart:scheduled'>): void {
  world.ledger.see(error)
  const root = world.track(resource)
  // What has no policy of its own follows that of the restart that took it down.
  const again: RestartOptions | undefined = root.life?.mayBeginAnew ? TASK_RESTART : root.inherited
  const policy = root.definition.options.restart ?? (attempt === 0 ? undefined : again)
  const endless = root.shared || (root.definition.options.restart === undefined && root.inheritsEndless)
  for (const name of resources) takenAway(world.track(name), policy, root.takesTurns, endless)
  if (world.ending)
    world.violate('shutdown beats restart', `a restart of "${resource}" was scheduled while the kernel is ${world.state}`)
  if (attempt === 0) return
  if (policy === undefined) return world.violate('only a policy restarts', `"${resource}" was restarted, and has no policy`)
  const { attempts, delay = 100, factor = 2, maxDelay = 30_000, jitter = 0.1 } = policy
  const usedUp = attempt > attempts
  const full = usedUp ? maxDelay : Math.min(maxDelay, delay * factor ** (attempt - 1))
  if ((usedUp && !endless) || delayMs > full + TOLERANCE || delayMs < full * (1 - jitter) - TOLERANCE) {
    world.violate(
      'restarts follow their policy',
      `restart ${attempt} of "${resource}" was scheduled in ${delayMs} ms, of ${attempts} and ${full} ms`,
    )
  }
}

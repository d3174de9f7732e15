import type { Probe, ProbeStatus } from '../../observe/probe.js'
import type { Track } from '../model/track.js'
import { TOLERANCE, type World } from '../model/world.js'

/** Ready is never said while something that matters is away: asked at every step, also within events. */
export function readyTruly(world: World): void {
  if (world.state !== 'running' || world.violation !== undefined) return
  const probe = world.kernel.probe()
  if (!probe.ready) return
  for (const track of world.tracks.values()) {
    if (track.impact !== 'unready' || !track.member || track.changing > 0) continue
    // S11: what comes and goes with one that stands by changes nothing.
    if (track.stands || track.waited || (track.state !== 'failed' && (track.takesTurns || (track.away && track.mayBeExcused))))
      continue
    const { life } = track
    if (life === undefined ? track.joined === 0 : life.up && !life.serving) {
      return world.violate('ready is true', `the probe is ${probe.status} while "${track.name}" is ${track.state}`)
    }
  }
}

/** H7: the probe says exactly what is so, asked when everything has settled. */
export function probeExactly(world: World): void {
  const probe = world.kernel.probe()
  const expected = expectedOf(world)
  const problem = differenceOf(probe, expected, world)
  if (problem !== undefined) world.violate('the probe tells the truth', `${problem}; it says ${shown(probe)}`)
}

interface Expected {
  readonly status: ProbeStatus
  readonly must: readonly Track[]
  /** Resources that are being added or removed: the kernel may count them or not. */
  readonly may: readonly Track[]
}

function expectedOf(world: World): Expected {
  const must: Track[] = []
  const may: Track[] = []
  for (const track of world.tracks.values()) if (world.now > track.toleratedUntil + TOLERANCE) track.setHealth('unhealthy')
  // C1: out of rotation by hand, and nothing else.
  let status: ProbeStatus = world.state !== 'running' ? world.state : world.cordoned ? 'unready' : 'ready'
  for (const track of world.tracks.values()) {
    // S11: it was let in, and its check says how it goes on; or it is told to end, and what failed before counts until it has.
    const comesIn =
      track.cutShort ||
      (track.state === 'starting' && track.life?.start === 'acquired' && (track.standby !== undefined || track.excused))
    if (comesIn || track.changing > 0 || world.now >= track.toleratedUntil - TOLERANCE) may.push(track)
    else if (track.member && inTrouble(track)) {
      must.push(track)
      if (world.state !== 'running' || track.impact === 'none') continue
      if (status !== 'unready') status = track.impact
    }
  }
  return { status, must, may }
}

function inTrouble({ state, away, excused, health, late, retry }: Track): boolean {
  return (
    state === 'failed' || (away && !excused) || late || (state === 'starting' && retry !== undefined) || health === 'unhealthy'
  )
}

function differenceOf(probe: Probe, { status, must, may }: Expected, world: World): string | undefined {
  const { state, started, broken } = world
  if (state !== world.kernel.state) return `the kernel is ${world.kernel.state}, and its events said ${state}`
  if (probe.started !== started) return `started should be ${started}`
  if (probe.ready !== (probe.status === 'ready' || probe.status === 'degraded')) return 'ready does not follow from the status'
  if (!probe.live && !broken) return 'nothing has happened that ends liveness'
  if (state === 'failed' && probe.live) return 'a failed kernel is not live'
  if (state === 'running' && probe.live !== true) return 'a running kernel is live'
  if (may.length === 0 ? probe.status !== status : worse(status, probe.status)) return `the status should be ${status}`
  if (state !== 'running') return undefined
  // What its failed start had acquired is released first; with two lives on their way out, nobody can tell when that is.
  const lost = must.find(
    ({ state, away, impact, life, failedWithAll }) =>
      state === 'failed' && !away && !failedWithAll && impact === 'unready' && !life?.releasing && life?.unclear !== true,
  )
  if (lost !== undefined) return `"${lost.name}" has failed for good, and the kernel runs on`
  if (probe.reasons.some(({ kernel }) => kernel === true) !== world.cordoned) return 'it is cordoned, or says so, and not both'
  const named = new Set(probe.reasons.filter(({ kernel }) => kernel !== true).map(({ resource }) => resource))
  const missing = must.find(({ name }) => !named.has(name))
  if (missing !== undefined) return `a reason for "${missing.name}" is missing, which is ${missing.state} and ${missing.health}`
  for (const track of [...must, ...may]) named.delete(track.name)
  const [extra] = named
  return extra === undefined ? undefined : `there is a reason for "${extra}", which is fine`
}

/** Whether `status` is worse than what the probe says. */
function worse(status: ProbeStatus, said: ProbeStatus): boolean {
  const rank = { unready: 2, degraded: 1, ready: 0 }
  if (status in rank && said in rank) return rank[status as 'ready'] > rank[said as 'ready']
  return status !== said
}

function shown({ status, started, ready, live, reasons }: Probe): string {
  const about = reasons.map(({ resource, state, health }) => `${resource} ${state}/${health}`).join(', ')
  return `${status}${started ? ', started' : ''}${ready ? ', ready' : ''}${live ? ', live' : ''} (${about || 'no reason'})`
}

/** C1: it is out of rotation, or back in it, and nothing else comes of that; that the probe says so is asked when all has settled. */
export function cordonOr(world: World, what: 'cordon' | 'uncordon'): void {
  const { kernel, moves } = world
  world.tally.cordon++
  if (what === 'cordon') kernel.cordon('simulated')
  else kernel.uncordon()
  world.cordoned = what === 'cordon'
  if (world.moves !== moves) world.violate('a cordon moves nothing', `${what}() has moved a resource, or the kernel`)
}

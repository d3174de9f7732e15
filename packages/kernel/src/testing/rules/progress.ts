import type { Track } from '../model/track.js'
import type { World } from '../model/world.js'

/** S1, D2: nothing waits without a reason; asked when everything has settled. */
export function nothingIdles(world: World): void {
  if (world.state === 'starting' && !world.aborting) startsAtOnce(world)
  else if (world.state === 'stopping') stopsAtOnce(world)
}

function startsAtOnce(world: World): void {
  let open = 0
  for (const { state, life, launched, pausing, standby } of world.tracks.values()) {
    // S11: it has no place among those that start.
    if (standby !== undefined) continue
    // What a failed start had acquired is released first.
    if ((state === 'starting' && !pausing) || (launched && life?.up === false && life.releasing)) open++
  }
  if (open >= world.concurrency) return
  for (const track of world.tracks.values()) {
    if (
      track.member &&
      !track.launched &&
      !track.waits &&
      !track.away &&
      track.dependencies.every(({ to }) => to.settled && !to.away && (to.state !== 'failed' || !to.life?.releasing))
    ) {
      return world.violate('each starts as soon as it can', `"${track.name}" is not started, and waits for nothing`)
    }
  }
}

function stopsAtOnce(world: World): void {
  const members = [...world.tracks.values()].filter(({ member }) => member)
  const tracks = members.filter(({ life }) => life?.releasing)
  // Starts in flight, and what failed ones had acquired, come first: their cleanups too, where a value that came late is given up.
  if (members.some(({ life }) => life?.up === false && life.openCleanups > 0)) return
  if (tracks.some(({ life, state }) => state === 'starting' || life?.up === false)) return
  if (lateValueOpen(world)) return
  for (const track of tracks) {
    const { name, state, life } = track
    const turning = life?.activated === 'open' || life?.quiesced === 'open'
    const underWay =
      turning || state === 'draining' || state === 'stopping' || life?.stopped === 'open' || life?.openCleanups !== 0
    if (underWay || waits(track)) continue
    return world.violate('each stops as soon as it can', `"${name}" is ${state}, and waits for nothing`)
  }
}

/** S5: whether a value that came too late is being released: what it works with waits for that. */
function lateValueOpen({ tracks, now }: World): boolean {
  for (const { lives } of tracks.values()) {
    const open = lives.some(({ startGivenUp, stopped, stopContext, killed }) => {
      const stopping = stopped === 'open' && now < (stopContext?.deadline ?? Infinity)
      return startGivenUp && (stopping || killed === 'open')
    })
    if (open) return true
  }
  return false
}

/** Whether something that depends on it, by way of whatever, is still to be stopped. */
function waits(track: Track): boolean {
  const above = new Set([track])
  for (const { dependents } of above) {
    for (const { from } of dependents) {
      if (from.member && (from.life?.holds || from.leavingSince !== 0)) return true
      above.add(from)
    }
  }
  return false
}

/** Whether everything is where it can stay: running, or failed for good. */
export function atRest(world: World): boolean {
  if (world.state !== 'running' && world.state !== 'failed') return false
  for (const { member, changing, away, state, late, stands } of world.tracks.values()) {
    if (changing > 0 || (member && late)) return false
    if (member && (away || (!stands && state !== 'running' && state !== 'failed'))) return false
  }
  return true
}

import type { Track } from '../model/track.js'
import type { World } from '../model/world.js'

/** S11: what stands by because of others, as the kernel says; whether that is so, is asked when everything has settled. */
export function whoWaits(world: World): void {
  if (!world.turns) return
  for (const track of world.tracks.values()) {
    const { state } = track
    track.waited = (state === 'idle' || state === 'stopped') && world.standbyOf(track) !== undefined
    const waits = track.waited && !track.away
    if (waits && !track.waits) {
      track.setHealth('unknown')
      for (const life of track.lives) life.past = true
    }
    track.waits = waits
  }
}

/** S11: what stands by says why; what requires it waits for it, comes when it does, and nothing is left out; asked when everything has settled. */
export function standsByTruly(world: World): void {
  if (!world.turns || !world.up || world.ending || world.aborting) return
  for (const track of world.tracks.values()) {
    const { name, member, changing, away, state, waits, standby } = track
    if (!member || changing > 0 || away) continue
    const said = standby === undefined ? undefined : world.standbyOf(track)
    if (said !== standby)
      return world.violate('who stands by says why', `"${name}" stands by because ${standby}, and says ${said}`)
    if (waits && !track.dependencies.some(({ to, kind }) => kind === 'required' && mayCome(to)))
      return world.violate('what stands by for another comes with it', `"${name}" stands by, and nothing that it requires does`)
    if (world.state === 'running' && !waits && (state === 'idle' || state === 'stopped'))
      return world.violate('nothing is left out', `"${name}" is ${state}, and does not stand by`)
    if (track.life?.cycle === world.cycle && failedMeanwhile(track))
      return world.violate('what may be restarted is', `"${name}" failed while it stood by, has attempts left, and is failed`)
  }
}

/** It is to come some time, or what its failed start had acquired is released first. */
function mayCome({ stands, away, changing, late, retry, life }: Track): boolean {
  if (life?.up === false && life.releasing) return true
  return stands || retry !== undefined || away || late || changing > 0
}

/** H4: it failed while it stood by, and may be restarted. */
function failedMeanwhile({ life, state, late, exhausted, definition }: Track): boolean {
  if (life?.stood !== true || life.start !== 'failed' || life.releasing) return false
  return state === 'failed' && !late && !exhausted && definition.options.restart !== undefined
}

/** S11: the lives that were over before this shutdown, of what stands by by itself. */
export function termsAreOver(world: World): void {
  for (const { lives, standby, life } of world.tracks.values()) {
    if (standby === undefined) continue
    for (const one of lives) one.past ||= one.up && one !== life
  }
}

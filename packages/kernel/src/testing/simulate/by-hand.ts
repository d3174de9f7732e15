import type { Definition } from '../../define/resource.js'
import type { CheckResult } from '../../observe/snapshot.js'
import type { Track } from '../model/track.js'
import type { World } from '../model/world.js'
import type { Promises } from './promises.js'

/** C1: it is out of rotation, or back in it, and nothing else comes of that; that the probe says so is asked when all has settled. */
export function cordonOr(world: World, what: 'cordon' | 'uncordon'): void {
  const { kernel, moves } = world
  world.tally.cordon++
  if (what === 'cordon') kernel.cordon('simulated')
  else kernel.uncordon()
  world.cordoned = what === 'cordon'
  if (world.moves !== moves) world.violate('a cordon moves nothing', `${what}() has moved a resource, or the kernel`)
}

/** C2: checks are asked for, of one resource or of all: whoever is checked at its interval has a result. */
export function checkNow(
  world: World,
  promises: Promises,
  one: { readonly track: Track; readonly definition: Definition } | undefined,
  listening: boolean,
): void {
  const { kernel } = world
  world.tally.checkNow++
  const asked = one === undefined ? [...world.tracks.values()] : [one.track]
  // What a listener asks for is done later.
  const checked = listening || !world.up || world.state === 'stopping' ? [] : asked.filter(isChecked)
  const what = one === undefined ? 'check()' : `check(${one.track.name})`
  const answered = (results: readonly CheckResult[]) => {
    const names = new Set(results.map(({ resource }) => resource))
    const missing = checked.find(({ name }) => !names.has(name))
    if (names.size < results.length) world.violate('a check that is asked for has one result', `${what} has two of one resource`)
    if (missing !== undefined) world.violate('a check that is asked for has one result', `${what} has none of "${missing.name}"`)
  }
  promises.follow(
    what,
    () => kernel.check(one?.definition).then(answered),
    (error) => {
      if (error !== undefined && checked.length > 0)
        world.violate('a check that is asked for has one result', `${what} was refused`)
    },
  )
}

function isChecked({ definition, life, member, changing, away }: Track): boolean {
  return definition.options.check !== undefined && life?.serving === true && member && changing === 0 && !away
}

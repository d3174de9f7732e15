import type { World } from './world.js'

/** H9: what runs has what it requires; asked when everything has settled. */
export function nothingRunsWithout(world: World): void {
  if (!world.up || world.ending) return
  for (const { name, state, away, changing, member, dependencies } of world.tracks.values()) {
    if (state !== 'running' || away || changing > 0 || !member) continue
    const missing = dependencies.find(({ to, kind }) => kind === 'required' && to.state !== 'running' && to.changing === 0)
    if (missing !== undefined) {
      const { to } = missing
      return world.violate('nothing runs without what it requires', `"${name}" is running, and "${to.name}" is ${to.state}`)
    }
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

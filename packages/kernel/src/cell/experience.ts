import type { Experience } from '../graph/plan.js'
import type { Cell } from './cell.js'
import { hasCleanups, hasStop } from './release-hooks.js'

/** What a plan can know of a resource that has run. */
export function experienceOf({ startMs, longestStopMs, instance, definition }: Cell): Experience {
  const known = instance?.hasValue === true ? hasStop(instance) || hasCleanups(instance) : longestStopMs > 0 || undefined
  // Without an instance, a stop hook is all that is known.
  return { startMs, longestStopMs, stops: definition.options.stop === undefined ? known : true }
}

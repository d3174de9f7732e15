import type { Outcome } from '../../observe/ending.js'
import type { ShutdownReport } from '../../observe/report.js'
import type { Rest } from '../model/life.js'
import type { Life, Track } from '../model/track.js'
import { TOLERANCE, type World } from '../model/world.js'

/** D6: how each member may have come out of the teardown that is over now, from what its hooks saw. */
export function outcomesOf(world: World): Map<Track, Rest> {
  const outcomes = new Map<Track, Rest>()
  for (const track of world.tracks.values()) {
    // S11: what its last life ended with was told when its term was over.
    const life = track.life?.cycle === world.cycle && !track.life.past ? track.life : undefined
    // One that is being added or removed may be part of it or not.
    const unclear = track.changing > 0 || life?.unclear
    if (track.member) outcomes.set(track, { outcomes: unclear ? [] : outcomeOf(life), cut: life?.up ? life.cut : undefined })
  }
  return outcomes
}

function outcomeOf(life: Life | undefined): readonly Outcome[] {
  if (life === undefined || (!life.up && life.start !== 'acquired')) return ['never-started']
  // Of a value that came as its start was given up, the kernel may or may not have heard in time; that of a try that failed is gone with it.
  if (!life.up && (life.orphan || life.tried)) return ['never-started', ...releaseOf(life)]
  return releaseOf(life)
}

function releaseOf(life: Life): readonly Outcome[] {
  if (life.stopped === undefined) return ['not-attempted', 'killed']
  if (life.releaseTimedOut) return ['killed', 'timed-out']
  return [life.stopped === 'badly' || life.cleanupFailed ? 'failed' : 'stopped']
}

/** D6: one true outcome per resource, and every error of the teardown; `cycle` says of which start of the kernel. */
export function reportTruly(world: World, cycle: number, report: ShutdownReport): void {
  const rested = world.rested.get(cycle)
  if (rested === undefined) return world.violate('one outcome per resource', 'there is a report, and the teardown is not over')
  const named = new Map(report.outcomes.map((outcome) => [outcome.resource, outcome]))
  if (named.size !== report.outcomes.length)
    world.violate('one outcome per resource', 'a resource has two outcomes in the report')
  for (const [{ name }, { outcomes: possible, cut }] of rested) {
    const outcome = named.get(name)
    named.delete(name)
    if (possible.length === 0) continue
    if (outcome === undefined) world.violate('one outcome per resource', `"${name}" has no outcome in the report`)
    else if (cut !== undefined && (outcome.cut?.count ?? 0) !== cut) {
      world.violate(
        'what was cut is told',
        `of "${name}" ${outcome.cut?.count ?? 0} pieces of work are reported as cut, and ${cut} were`,
      )
    } else if (!possible.includes(outcome.outcome)) {
      world.violate('each outcome is true', `"${name}" is reported ${outcome.outcome}, and was ${possible.join(' or ')}`)
    }
  }
  const [extra] = named.keys()
  if (extra !== undefined)
    world.violate('one outcome per resource', `"${extra}" has an outcome in the report, and is not part of the kernel`)
  if (report.ok !== (report.errors.length === 0))
    world.violate('each outcome is true', 'the report is not ok exactly when it holds no error')
  const past = world.ledger.pastIn(report.errors)
  if (past !== undefined)
    world.violate(
      'a term that was over is none of a shutdown',
      `the report holds "${past.error.message}", of a term that was over`,
    )
  const missing = world.ledger.missingIn(report.errors, cycle)
  if (missing !== undefined) world.violate('every error is told', `the report does not hold "${missing.error.message}"`)
}

/** D3: asked when everything has settled; nothing of the teardown may outlast its deadline. */
export function inTime(world: World): void {
  if (world.now > world.deadline + TOLERANCE) {
    world.violate(
      'the shutdown budget holds',
      `the kernel is ${world.state}, ${world.now - world.deadline} ms after its deadline`,
    )
  }
  for (const { name, leavingSince, state } of world.tracks.values()) {
    if (leavingSince !== 0 && world.now > leavingSince + world.budget + TOLERANCE) {
      world.violate('the shutdown budget holds', `"${name}" is ${state} for longer than a whole shutdown may take`)
    }
  }
}

/** D8: nothing is left when a teardown is over, but for what belongs to values that came too late. */
export function nothingLeft(world: World): void {
  if (world.now > world.leftSince) {
    return world.violate('nothing is left', `timers of the kernel were left when it was ${world.state}`)
  }
  // One that is due at once is no burden.
  const left = world.clock.pending !== world.hookClock.pending && !world.up && !somethingHeld(world)
  world.leftSince = left ? world.now : Infinity
}

function somethingHeld(world: World): boolean {
  for (const { lives } of world.tracks.values())
    if (lives.some(({ releasing, stopped, openCleanups }) => releasing || stopped === 'open' || openCleanups > 0)) return true
  return false
}

/** What must be so at the end of a run, when nothing goes on any more. */
export function endTruly(world: World): void {
  for (const track of world.tracks.values()) {
    for (const life of track.lives) {
      if (life.start === 'acquired' && life.stopped === undefined && !notAttempted(life)) {
        world.violate('what started is stopped exactly once', `an instance of "${track.name}" was never stopped`)
      }
      if (life.cleanups.length > 0 && !notAttempted(life)) {
        world.violate('cleanups run', `${life.cleanups.length} cleanups of "${track.name}" never ran`)
      }
    }
  }
  const { untold } = world.ledger
  if (untold !== undefined) world.violate('every error is told', `nobody was told of "${untold.error.message}"`)
}

/** The budget was spent before its turn; the outcome says so. */
function notAttempted({ up, stopped, releaseTimedOut }: Life): boolean {
  return up && stopped === undefined && releaseTimedOut
}

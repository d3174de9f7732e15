import type { CheckSnapshot, Plan, ResourceSnapshot } from '@keelson/kernel'
import type { ResourceView } from '../protocol.js'
import type { Memory } from './recorder.js'
import type { Texts } from './texts.js'

/** One resource, as JSON; `plan` as it is shown. */
export function resourceText(
  { checks, ...snapshot }: ResourceSnapshot,
  plan: ResourceView['plan'],
  memory: Memory | undefined,
  texts: Texts,
): string {
  const view: ResourceView = {
    ...texts.shownIn(snapshot),
    checks: checks.some(hasError) ? texts.shownIn(checks) : checks,
    ...(plan !== undefined && { plan }),
    history: memory?.history.toArray() ?? [],
    errors: memory?.errors.toArray() ?? [],
    retries: memory?.retries ?? 0,
    restartsDone: memory?.restarts ?? 0,
  }
  return JSON.stringify(view)
}

/** What of a resource changes without an event, but for how long it goes on. */
export function silentPart({
  work,
  cut,
  counts,
  hook,
  step,
  note,
  standby,
  restarts,
  startMs,
  drainMs,
  stopMs,
}: ResourceSnapshot): string {
  return JSON.stringify([
    work?.count,
    work?.oldest.map(({ label }) => label),
    cut?.count,
    counts,
    hook?.phase,
    step?.name,
    note,
    standby,
    restarts,
    startMs,
    drainMs,
    stopMs,
  ])
}

/** The plan of each resource, by its name. */
export function plansOf({ resources }: Plan, texts: Texts): Map<string, NonNullable<ResourceView['plan']>> {
  return new Map(resources.map((each) => [each.name, texts.shownIn(each)]))
}

function hasError({ error }: CheckSnapshot): boolean {
  return error !== undefined
}

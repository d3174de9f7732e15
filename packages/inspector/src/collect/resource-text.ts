import type { CheckSnapshot, ResourceSnapshot } from '@keelson/kernel'
import type { ResourceView } from '../protocol.js'
import type { Memory } from './recorder.js'
import type { Texts } from './texts.js'

/** One resource, as JSON; `plan` is JSON, too. */
export function resourceText(
  { checks, ...snapshot }: ResourceSnapshot,
  plan: string | undefined,
  memory: Memory | undefined,
  texts: Texts,
): string {
  const view: Omit<ResourceView, 'plan'> = {
    ...texts.shownIn(snapshot),
    checks: checks.some(hasError) ? texts.shownIn(checks) : checks,
    history: memory?.history.toArray() ?? [],
    errors: memory?.errors.toArray() ?? [],
    retries: memory?.retries ?? 0,
    restartsDone: memory?.restarts ?? 0,
  }
  const text = JSON.stringify(view)
  return plan === undefined ? text : `${text.slice(0, -1)},"plan":${plan}}`
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

function hasError({ error }: CheckSnapshot): boolean {
  return error !== undefined
}

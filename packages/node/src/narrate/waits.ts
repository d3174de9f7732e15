import type { Kernel, Phase, Probe, ResourceSnapshot } from '@keelson/kernel'
import { duration, some } from '../words/duration.js'
import { workReason } from '../words/work-text.js'
import type { Troubles } from './troubles.js'

/** What a start or a shutdown waits for, and why, as far as that is known. */
export interface Wait {
  readonly resource: string
  readonly why: string | undefined
}

/** Of these many it is said why they are waited for. */
const MOST = 5

/** In ms: a hook that has gone on for less is no reason yet. */
const A_WHILE = 1_000

/** The resources that are waited for, those whose hooks have gone on for longest first. Costs as much as there are resources. */
export function waitsOf(kernel: Pick<Kernel, 'inspect'>, troubles: Troubles): Wait[] {
  const { state, probe, resources } = kernel.inspect()
  const starting = state === 'starting'
  return resources
    .filter((resource) => isWaitedFor(resource, troubles, starting))
    .sort((a, b) => sinceMs(b) - sinceMs(a))
    .map((resource, i) => ({
      resource: resource.name,
      why: i < MOST ? whyOf(resource, troubles, probe) : undefined,
    }))
}

/** R2, S11: nobody waits for what is tried again in the background, or stands by. */
function isWaitedFor(resource: ResourceSnapshot, troubles: Troubles, starting: boolean): boolean {
  const { name, state, impact, hook, standby } = resource
  if (starting && standby !== undefined) return false
  if (starting && impact !== 'unready' && troubles.triesOf(name) > 0) return false
  return hook !== undefined || (starting && state === 'restarting')
}

function sinceMs({ hook }: ResourceSnapshot): number {
  return hook?.sinceMs ?? 0
}

function whyOf(resource: ResourceSnapshot, troubles: Troubles, probe: Probe): string | undefined {
  const { name, hook, step } = resource
  // What was wrong with it while it ran does not say why it does not end.
  const starts = step === undefined && (hook === undefined || hook.phase === 'start')
  return (starts ? troubles.reasonOf(name, probe) : undefined) ?? goingOn(resource)
}

/** What goes on in a resource: the work that its drain waits for, the step of its start, or else the hook, once that takes a while. */
export function goingOn({ hook, work, step }: ResourceSnapshot): string | undefined {
  if (hook?.phase === 'drain' && work !== undefined) return workReason(work)
  if (step !== undefined) return `in its step ${step.name} for ${duration(step.sinceMs)}`
  return hook === undefined || hook.sinceMs < A_WHILE ? undefined : `in its ${NOUNS[hook.phase]} for ${duration(hook.sinceMs)}`
}

const NOUNS: Readonly<Record<Phase, string>> = {
  start: 'start',
  check: 'check',
  activate: 'activation',
  quiesce: 'quiesce',
  drain: 'drain',
  stop: 'stop',
  kill: 'kill',
}

/** `db: its check fails (27 times): no route; cache, queue and 3 more`. */
export function waitingText(waits: readonly Wait[]): string {
  const told = waits.flatMap(({ resource, why }) => (why === undefined ? [] : [`${resource}: ${why}`]))
  const others = waits.flatMap(({ resource, why }) => (why === undefined ? [resource] : []))
  return [...told, ...(others.length > 0 ? [some(others)] : [])].join('; ')
}

/** The same, a row for each. */
export function waitingRows(waits: readonly Wait[]): string[] {
  const shown = waits.slice(0, MOST)
  const width = Math.min(28, Math.max(8, ...shown.map(({ resource }) => resource.length)))
  const rows = shown.map(({ resource, why = '' }) => `   ${resource.padEnd(width)}  ${why}`.trimEnd())
  return waits.length > shown.length ? [...rows, `   and ${waits.length - shown.length} more`] : rows
}

/** By resource, where it is known. */
export function reasonsIn(waits: readonly Wait[]): Record<string, string> {
  return Object.fromEntries(waits.flatMap(({ resource, why }) => (why === undefined ? [] : [[resource, why]])))
}

import type { Kernel, KernelEventOf, KernelState, ResourceSnapshot } from '@keelson/kernel'
import { clearTimeout, setTimeout } from '../time.js'
import { duration, some } from '../words/duration.js'
import { workReason } from '../words/work-text.js'
import type { Line, Say } from './log.js'
import type { Troubles } from './troubles.js'

/** In ms: when it is said for the first time what a start or a shutdown waits for, and how often then. */
const FIRST = 5_000
const AGAIN = 10_000

const MOST_NAMES = 20

/** Of these many it is said why they are waited for. */
const MOST = 5

/**
 * A start or a shutdown that takes long says what it waits for and why: after `first` ms, and every `again` ms from then on. Returns
 * a function that ends this.
 */
export function noteSlowness(kernel: Kernel, troubles: Troubles, say: Say, first = FIRST, again = AGAIN): () => void {
  let timer: NodeJS.Timeout | undefined

  function wait(doing: Doing, ms: number, passed: number): void {
    timer = setTimeout(() => {
      say(slowLine(kernel, troubles, doing, passed + ms))
      wait(doing, again, passed + ms)
    }, ms)
    timer.unref()
  }

  const onState = ({ to }: Pick<KernelEventOf<'kernel:state'>, 'to'>) => {
    clearTimeout(timer)
    if (to === 'starting' || to === 'stopping') wait(to, first, 0)
  }

  onState({ to: kernel.state })
  kernel.on('kernel:state', onState)
  return () => {
    clearTimeout(timer)
    kernel.off('kernel:state', onState)
  }
}

type Doing = Extract<KernelState, 'starting' | 'stopping'>

function slowLine(kernel: Kernel, troubles: Troubles, doing: Doing, passed: number): Line {
  const { starting, ending } = troubles
  const names = doing === 'starting' ? [...starting.keys()] : [...ending.keys(), ...starting.keys()]
  const reasons = reasonsOf(kernel, troubles, names)
  const head = `${kernel.name} is still ${doing} after ${duration(passed)}`
  const message = `${head}: waiting for ${waitingText(names, reasons)}`
  return {
    level: 'warn',
    message,
    lines: names.length <= 1 ? [message] : [`${head}, waiting for`, ...rowsOf(names, reasons)],
    fields: {
      event: 'kernel:slow',
      state: doing,
      durationMs: passed,
      waitingFor: names.slice(0, MOST_NAMES),
      reasons: Object.fromEntries(reasons),
    },
  }
}

/** Why the first of some resources are waited for, by name, where that is known: asked of the kernel, at most every 10 s. */
export function reasonsOf(
  kernel: Pick<Kernel, 'probe' | 'inspect'>,
  troubles: Troubles,
  names: readonly string[],
): Map<string, string> {
  const reasons = new Map<string, string>()
  if (names.length === 0) return reasons
  const probe = kernel.probe()
  const resources = new Map(kernel.inspect().resources.map((resource) => [resource.name, resource]))
  for (const name of names.slice(0, MOST)) {
    const reason = waitsFor(resources.get(name)) ?? troubles.reasonOf(name, probe)
    if (reason !== undefined) reasons.set(name, reason)
  }
  return reasons
}

/** What a resource itself says of its wait: the work that its drain waits for, or the step of its start. */
function waitsFor(resource: ResourceSnapshot | undefined): string | undefined {
  if (resource?.state === 'draining' && resource.work !== undefined) return workReason(resource.work)
  return resource?.step === undefined ? undefined : `in its step ${resource.step.name} for ${duration(resource.step.sinceMs)}`
}

/** `db: its check fails (27 times): no route; cache, queue and 3 more`. */
export function waitingText(names: readonly string[], reasons: ReadonlyMap<string, string>): string {
  const others = names.filter((name) => !reasons.has(name))
  const told = [...reasons].map(([name, reason]) => `${name}: ${reason}`)
  return [...told, ...(others.length > 0 ? [some(others)] : [])].join('; ')
}

function rowsOf(names: readonly string[], reasons: ReadonlyMap<string, string>): string[] {
  const shown = names.slice(0, MOST)
  const width = Math.min(28, Math.max(8, ...shown.map(({ length }) => length)))
  const rows = shown.map((name) => `   ${name.padEnd(width)}  ${reasons.get(name) ?? ''}`.trimEnd())
  return names.length > shown.length ? [...rows, `   and ${names.length - shown.length} more`] : rows
}

import type { KernelSnapshot, KernelView, Probe, ProbeReason, ResourceSnapshot } from '@keelson/kernel'
import { toldLine, toldText } from '../words/told-text.js'
import { type Answer, answer, answersOf } from './probe-answer.js'
import type { ProbeKind } from './probe-options.js'
import type { ProbeQuery } from './probe-query.js'

/** A resource, or the kernel itself when that has failed. */
type Row = Pick<ProbeReason, 'resource' | 'kernel' | 'state' | 'health'> &
  Pick<ResourceSnapshot, 'lastCheckAt' | 'responseMs' | 'counts'> & {
    readonly message?: string
    /** It is not in trouble yet. */
    readonly warning?: string
    readonly excluded?: boolean
  }

/** The answer for somebody who may know what is behind it. */
export function detailedAnswer(kernel: KernelView, kind: ProbeKind, { format, exclude }: ProbeQuery): Answer {
  const snapshot = kernel.inspect()
  const excluded = new Set(kind === 'ready' ? exclude : [])
  const probe = excluded.size === 0 ? snapshot.probe : probeWithout(snapshot, excluded)
  const brief = answersOf(probe)[kind]
  if (format === undefined) return brief
  const rows = rowsOf(snapshot).map((row) => (!row.kernel && excluded.has(row.resource) ? { ...row, excluded: true } : row))
  if (format === 'json') {
    const status = brief.status !== 200 ? 'fail' : kind === 'ready' && probe.status === 'degraded' ? 'warn' : 'pass'
    return healthJson(brief.status, kernel.name, status, brief.body, rows)
  }
  const known = new Set(rows.flatMap(({ resource, kernel }) => (kernel ? [] : [resource])))
  const strange = [...excluded]
    .filter((name) => !known.has(name))
    .map((name) => `[!] ${name}: cannot be excluded, there is no such resource`)
  return answer(
    brief.status,
    [...[...rows.map(line), ...strange].map((row) => toldLine(row)), `${kind}: ${brief.body}`, ''].join('\n'),
  )
}

/** The answer about one resource: 200 when it runs and is not unhealthy, 503 otherwise, 404 when there is none of that name. */
export function resourceAnswer(kernel: KernelView, name: string, format: ProbeQuery['format']): Answer {
  const snapshot = kernel.inspect()
  if (!snapshot.resources.some((resource) => resource.name === name)) return answer(404, 'unknown')
  const row = rowsOf(snapshot).find(({ resource, kernel }) => resource === name && !kernel)!
  const ok = row.state === 'running' && row.health !== 'unhealthy'
  const status = ok ? 200 : 503
  if (format === 'json') return healthJson(status, kernel.name, ok ? 'pass' : 'fail', row.message ?? row.state, [row])
  return answer(
    status,
    format === 'text' ? `${toldLine(line(row))}\n` : ok ? 'ready' : row.state === 'running' ? row.health : row.state,
  )
}

/** The probe as it would be without some resources. What a kernel does as a whole, such as draining, stays. */
function probeWithout({ probe, resources }: KernelSnapshot, excluded: ReadonlySet<string>): Probe {
  if (probe.status !== 'unready' && probe.status !== 'degraded') return probe
  const reasons = probe.reasons.filter(({ resource, kernel }) => kernel || !excluded.has(resource))
  const impacts = new Map(resources.map((resource) => [resource.name, resource.impact]))
  const worst = new Set(reasons.map(({ resource }) => impacts.get(resource) ?? 'unready'))
  const status = worst.has('unready') ? 'unready' : worst.has('degraded') ? 'degraded' : 'ready'
  return { ...probe, status, ready: status !== 'unready', reasons }
}

function rowsOf({ resources, probe }: KernelSnapshot): Row[] {
  const failures = probe.reasons.filter(({ kernel }) => kernel)
  const troubled = probe.reasons.filter(({ kernel }) => !kernel)
  const messages = new Map(troubled.map(({ resource, message }) => [resource, toldText(message)]))
  const rows = resources.map((snapshot): Row => {
    const { name, state, health, lastCheckAt, responseMs, counts } = snapshot
    const message = messages.get(name)
    const warning = message === undefined ? warningOf(snapshot) : undefined
    return {
      resource: name,
      state,
      health,
      ...(lastCheckAt !== undefined && { lastCheckAt }),
      ...(responseMs !== undefined && { responseMs }),
      ...(counts !== undefined && { counts }),
      ...(message !== undefined && { message }),
      ...(warning !== undefined && { warning }),
    }
  })
  return [...rows, ...failures.map((reason) => ({ ...reason, message: toldText(reason.message) }))]
}

/** H1, H6: what its checks are coming to, and what it says of itself. */
function warningOf({ state, error, consecutiveFailures, failureThreshold, checks }: ResourceSnapshot): string | undefined {
  if (state === 'running' && error !== undefined) return toldText(error)
  if (state !== 'running' || consecutiveFailures === 0 || failureThreshold === undefined) return undefined
  return `${consecutiveFailures} of ${failureThreshold} checks failed: ${toldText(checks.at(-1)?.error ?? 'no reason was given')}`
}

function line({ resource, kernel, state, health, message, warning, excluded, counts = {} }: Row): string {
  const mark = excluded ? '~' : message === undefined ? (state === 'running' ? '+' : ' ') : '-'
  const counted = Object.entries(counts).map(([name, count]) => `, ${count} ${name}`)
  const said = `${health === 'unknown' ? state : `${state}, ${health}`}${counted.join('')}`
  return `[${mark}] ${kernel ? 'kernel ' : ''}${resource}: ${excluded ? 'excluded, ' : ''}${said}${message === undefined ? (warning === undefined ? '' : `; ${warning}`) : `: ${message}`}`
}

/** https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check */
function healthJson(
  code: number,
  kernel: string,
  status: 'pass' | 'warn' | 'fail',
  output: string,
  rows: readonly Row[],
): Answer {
  // A kernel and a resource may have one name: then there are two entries under it.
  const checks: Record<string, object[]> = {}
  for (const [key, entries] of rows.flatMap(checksOf))
    checks[key] = [...(Object.hasOwn(checks, key) ? checks[key]! : []), ...entries]
  const document = { status, serviceId: kernel, ...(status === 'pass' ? {} : { output }), checks }
  return answer(code, JSON.stringify(document), 'application/health+json')
}

/** The draft sets a name and what was measured apart by a colon, so that no name may have one; `componentId` has it as it is. */
function componentKey(name: string): string {
  return name.replace(/[%:]/g, (char) => (char === '%' ? '%25' : '%3A'))
}

function checksOf({
  resource,
  kernel,
  state,
  health,
  message,
  warning,
  excluded,
  lastCheckAt,
  responseMs,
  counts = {},
}: Row): [string, object[]][] {
  const bad = health === 'unhealthy' || state === 'failed'
  const output = message ?? warning
  const status = output === undefined ? 'pass' : bad && !excluded ? 'fail' : 'warn'
  const common = {
    componentId: resource,
    componentType: kernel ? 'system' : 'component',
    ...(lastCheckAt !== undefined && { time: new Date(lastCheckAt).toISOString() }),
  }
  const own = {
    ...common,
    status,
    observedValue: state,
    observedUnit: 'state',
    ...(output === undefined ? {} : { output }),
  }
  const key = componentKey(resource)
  const measured = (what: string, observedValue: number, observedUnit: string): [string, object[]] => [
    `${key}:${what}`,
    [{ ...common, status, observedValue, observedUnit }],
  ]
  return [
    [key, [own]],
    ...(responseMs === undefined ? [] : [measured('responseTime', responseMs.p50, 'ms')]),
    ...Object.entries(counts).map(([name, count]) => measured(componentKey(name), count, 'count')),
  ]
}

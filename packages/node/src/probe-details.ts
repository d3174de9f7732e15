import type { Health, Kernel, KernelView, ProbeReason, ResourceState } from '@keelson/kernel'
import { type Answer, answer } from './probe-answer.js'
import type { ProbeKind } from './probe-options.js'
import { redact } from './redact.js'

export type Format = 'text' | 'json'

interface Row {
  readonly resource: string
  readonly state: ResourceState
  readonly health: Health
  readonly message?: string
}

/** The answer for somebody who may know what is behind it. A view of a kernel lists only what is not fine. */
export function detailedAnswer(kernel: KernelView, kind: ProbeKind, brief: Answer, format: Format): Answer {
  const rows = rowsOf(kernel)
  if (format === 'text') return answer(brief.status, [...rows.map(line), `${kind}: ${brief.body}`, ''].join('\n'))
  const status = brief.status !== 200 ? 'fail' : kind === 'ready' && brief.body === 'degraded' ? 'warn' : 'pass'
  const checks = Object.fromEntries(rows.map((row) => [row.resource, [checkOf(row)]]))
  const document = { status, output: brief.body, serviceId: kernel.name, checks }
  return answer(brief.status, JSON.stringify(document), 'application/health+json')
}

function rowsOf(kernel: KernelView): Row[] {
  const reasons = kernel.probe().reasons.map(rowOf)
  if (!canInspect(kernel)) return reasons
  const known = new Map(reasons.map((row) => [row.resource, row]))
  const rows = kernel.inspect().resources.map(({ name, state, health }) => known.get(name) ?? { resource: name, state, health })
  const names = new Set(rows.map((row) => row.resource))
  return [...rows, ...reasons.filter((row) => !names.has(row.resource))]
}

function canInspect(kernel: KernelView): kernel is Kernel {
  return 'inspect' in kernel
}

function rowOf({ resource, state, health, message }: ProbeReason): Row {
  return { resource, state, health, message: redact(message) }
}

function line({ resource, state, health, message }: Row): string {
  const mark = message === undefined ? (state === 'running' ? '+' : ' ') : '-'
  const said = health === 'unknown' ? state : `${state}, ${health}`
  return `[${mark}] ${resource}: ${said}${message === undefined ? '' : `: ${message}`}`
}

/** https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check */
function checkOf({ state, health, message }: Row): Record<string, string> {
  const status = message === undefined ? 'pass' : health === 'unhealthy' || state === 'failed' ? 'fail' : 'warn'
  return { componentType: 'component', status, observedValue: state, ...(message === undefined ? {} : { output: message }) }
}

import type { Kernel } from '@keelson/kernel'
import type { Claim } from '../load/reader.js'
import type { Finding } from './rules/finding.js'
import type { ProbeWindow } from './rules/rule.js'
import { RULES } from './rules.js'

export interface VerifyOptions {
  /** How long the platform waits from its first signal until it kills, in ms; default 30_000. */
  readonly graceMs?: number | undefined
  readonly startupProbe?: ProbeWindow | undefined
  readonly livenessProbe?: ProbeWindow | undefined
  /** Rules whose findings are fine: `no-limit`, or `no-limit:jobs` for one resource. */
  readonly allow?: readonly string[] | undefined
  /** What `run()` is given with the kernel: `probes`, `exitGrace`. */
  readonly run?: Readonly<Record<string, unknown>> | undefined
  /** What packages know of resources that they made; `loadKernel()` returns them. */
  readonly claims?: readonly Claim[] | undefined
  /** What the module opened when it was loaded; `loadKernel()` returns it. */
  readonly opened?: readonly string[] | undefined
}

/** What is not as it should be in the graph of a kernel, which need not run: worst first, and as the rules are listed. */
export function verifyKernel(kernel: Kernel, options: VerifyOptions = {}): Finding[] {
  const { graceMs = 30_000, startupProbe, livenessProbe, allow = [], run = {}, claims = [], opened = [] } = options
  const plan = kernel.plan()
  const resources = new Map(plan.resources.map((resource) => [resource.name, resource]))
  const subject = { kernel, plan, resources, graceMs, startupProbe, livenessProbe, run, claims, opened }
  const findings = RULES.flatMap((rule) =>
    [...rule.find(subject)].map((found): Finding => ({ severity: rule.severity, ...found, rule: rule.id, allowed: false })),
  )
  return findings.map((finding) => allowing(finding, allow)).sort((a, b) => ORDER[a.severity] - ORDER[b.severity])
}

/** Whether the answer is no. */
export function isNo(findings: readonly Finding[]): boolean {
  return findings.some(({ severity, allowed }) => severity !== 'note' && !allowed)
}

const ORDER = { error: 0, warning: 1, note: 2 }

export function allowing(finding: Finding, allow: readonly string[]): Finding {
  const { rule, resource } = finding
  return { ...finding, allowed: allow.includes(rule) || (resource !== undefined && allow.includes(`${rule}:${resource}`)) }
}

import { printable } from '@keelson/kernel/redact'
import { CliError, usageError } from '../cli-error.js'
import { EXIT, type ExitCode } from '../exit-codes.js'
import { command } from '../line/command.js'
import { JSON_OPTION, MODULE_OPTIONS } from '../line/common.js'
import { nearest } from '../line/suggest.js'
import { load } from '../load/load.js'
import { duration } from '../output/durations.js'
import type { Io } from '../output/io.js'
import { json } from '../output/json.js'
import { columns } from '../output/table.js'
import { PLATFORMS } from '../verify/platforms.js'
import { refusalOf } from '../verify/refusal.js'
import type { Finding } from '../verify/rules/finding.js'
import type { ProbeWindow } from '../verify/rules/rule.js'
import { ALL_RULES } from '../verify/rules.js'
import { allowing, isNo, verifyKernel } from '../verify/verify.js'

export const verify = command({
  name: 'verify',
  summary: 'whether a graph, its budget and its platform fit together; exit code 1 when they do not',
  operands: [{ name: 'module', kind: 'module' }],
  options: {
    platform: {
      kind: 'choice',
      value: 'NAME',
      choices: Object.keys(PLATFORMS),
      summary: 'with the grace of this platform, and what run() fills in there',
    },
    grace: {
      kind: 'duration',
      value: 'SECONDS',
      summary: 'how long the platform waits before it kills (default that of --platform, else 30)',
    },
    'startup-probe': {
      kind: 'text',
      value: 'PERIODxTHRESHOLD',
      summary: 'the startup probe of the platform: 10x30 is every 10 s, 30 times',
    },
    'liveness-probe': { kind: 'text', value: 'PERIODxTHRESHOLD', summary: 'its liveness probe, where it has no startup probe' },
    allow: { kind: 'list', value: 'RULE[:RESOURCE]', summary: 'a rule whose findings are fine' },
    ...JSON_OPTION,
    ...MODULE_OPTIONS,
  },
  notes: [`Rules\n${columns(ALL_RULES.map(({ id, severity, summary }) => [`  ${id}`, severity, summary]))}`],
  examples: [
    'keelson verify src/main.ts --grace 30',
    'keelson verify src/main.ts --platform cloud-run',
    'keelson verify src/main.ts --startup-probe 10x30 --allow no-limit:jobs',
  ],
  async run(io, { operands: [module], options }) {
    const { allow } = options
    const platform = options.platform === undefined ? undefined : PLATFORMS[options.platform]
    const graceMs = options.grace ?? platform?.graceMs ?? 30_000
    for (const each of allow) checkAllowed(each)
    const startupProbe = probeWindow('startup-probe', options['startup-probe'])
    const livenessProbe = probeWindow('liveness-probe', options['liveness-probe'])
    try {
      const { kernel, run, claims, opened } = await load(io, module!, options)
      if (platform !== undefined) kernel.defaults({ shutdown: platform.fills })
      const findings = verifyKernel(kernel, { graceMs, startupProbe, livenessProbe, allow, run, claims, opened })
      return tell(io, kernel.name, graceMs, findings, options.json)
    } catch (error) {
      const refusal = error instanceof CliError ? refusalOf(error.cause) : undefined
      if (refusal === undefined) throw error
      return tell(io, module!, graceMs, [allowing(refusal, allow)], options.json)
    }
  },
})

function checkAllowed(text: string): void {
  const ids = ALL_RULES.map(({ id }) => id)
  const [rule = ''] = text.split(':')
  if (ids.includes(rule)) return
  const meant = nearest(rule, ids)
  throw usageError(
    `there is no rule "${rule}" to allow`,
    meant === undefined ? `there are ${ids.join(', ')}` : `did you mean ${meant}?`,
  )
}

function probeWindow(name: string, text: string | undefined): ProbeWindow | undefined {
  if (text === undefined) return undefined
  const [, period, threshold] = /^(\d+(?:\.\d+)?)s?[x×*](\d+)$/.exec(text) ?? []
  if (period !== undefined) return { periodMs: Number(period) * 1_000, failureThreshold: Number(threshold) }
  throw usageError(`--${name} must be PERIODxTHRESHOLD, such as 10x30, not "${text}"`)
}

function tell(io: Io, name: string, graceMs: number, findings: readonly Finding[], asJson: boolean): ExitCode {
  const code = isNo(findings) ? EXIT.no : EXIT.ok
  io.out(asJson ? json({ name, graceMs, ok: code === EXIT.ok, findings }) : text(io, name, graceMs, findings))
  return code
}

function text({ paint }: Pick<Io, 'paint'>, name: string, graceMs: number, findings: readonly Finding[]): string {
  const colours = { error: paint.red, warning: paint.yellow, note: paint.blue }
  const parts = findings.map(({ rule, severity, resource, message, cure, allowed }) => {
    const about = resource === undefined ? '' : ` ${paint.bold(printable(resource))}`
    const head = allowed ? paint.dim(`allowed  ${rule}`) : `${colours[severity](severity)}  ${paint.cyan(rule)}`
    return `${head}${about}\n  ${printable(message)}\n  ${paint.dim('cure:')} ${printable(cure)}`
  })
  const counted = findings.filter(({ severity, allowed }) => severity !== 'note' && !allowed).length
  const verdict = counted === 0 ? paint.green('fits') : paint.red(counted === 1 ? '1 finding' : `${counted} findings`)
  return [...parts, `${paint.bold(printable(name))}: ${verdict}, with a grace of ${duration(graceMs)}`].join('\n\n')
}

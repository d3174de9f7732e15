import type { Plan } from '@keelson/kernel'
import { printable } from '@keelson/kernel/redact'
import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'
import { JSON_OPTION, MODULE_OPTIONS } from '../line/common.js'
import { load } from '../load/load.js'
import { atMost, duration } from '../output/durations.js'
import type { Io } from '../output/io.js'
import { json } from '../output/json.js'
import type { Paint } from '../output/paint.js'
import { columns } from '../output/table.js'
import { layersOf } from '../plan/layers.js'

export const plan = command({
  name: 'plan',
  summary: 'what starts in which order, and who may take how long of a shutdown',
  operands: [{ name: 'module', kind: 'module' }],
  options: { ...JSON_OPTION, ...MODULE_OPTIONS },
  notes: [
    'Layer 0 starts first, layer 1 when what it depends on runs, and so on; a shutdown goes the other way. Of a drain it says what it asks for, and what the budget of the shutdown grants it when all below it keep their reserve.',
  ],
  examples: ['keelson plan src/main.ts', 'keelson plan src/main.ts --json | jq .worstCaseShutdownMs'],
  async run(io, { operands: [module], options }) {
    const { kernel } = await load(io, module!, options)
    const plan = kernel.plan()
    io.out(options.json ? json({ name: kernel.name, layers: layersOf(plan), ...plan }) : planText(io, kernel.name, plan))
    return EXIT.ok
  },
})

function planText({ paint }: Pick<Io, 'paint'>, name: string, plan: Plan): string {
  const { resources, criticalPath, startMs, worstCaseShutdownMs, shutdown } = plan
  if (resources.length === 0) return `${paint.bold(printable(name))}: no resources`
  const layers = layersOf(plan)
  const layerOf = new Map(layers.flatMap((names, layer) => names.map((each) => [each, layer] as const)))
  const critical = new Set(criticalPath)
  const byName = new Map(resources.map((resource) => [resource.name, resource]))
  const rows = plan.order
    .map((each) => byName.get(each)!)
    .sort((a, b) => layerOf.get(a.name)! - layerOf.get(b.name)!)
    .map(({ name, dependsOn, startTimeoutMs, shutdown: { ownMs, drain, shareMs } }) => [
      String(layerOf.get(name)),
      critical.has(name) ? paint.bold(printable(name)) : printable(name),
      dependsOn.map(({ resource, kind }) => edge(resource, kind)).join(', '),
      duration(startTimeoutMs),
      drain === undefined ? '-' : duration(drain.askedMs),
      drain === undefined ? '-' : granted(paint, drain.askedMs, drain.grantedMs),
      ownMs === 0 ? '-' : duration(shareMs),
    ])
  const held = resources.flatMap(({ name, shutdown: { drain } }) =>
    drain === undefined || drain.heldBy.length === 0 || drain.askedMs === Infinity
      ? []
      : [
          `drain of ${printable(name)}: asked ${duration(drain.askedMs)}, granted ${duration(drain.grantedMs)}; the rest is kept for ${drain.heldBy.map(printable).join(', ')}`,
        ],
  )
  const head = ['layer', 'resource', 'depends on', 'start', 'drain', 'granted', 'share'].map(paint.dim)
  const budget = shutdown.timeoutMs === Infinity ? 'no limit' : `a budget of ${duration(shutdown.timeoutMs)}`
  const delay = shutdown.delayMs > 0 ? `, of which ${duration(shutdown.delayMs)} are a delay` : ''
  return [
    `${paint.bold(printable(name))}: ${resources.length} ${resources.length === 1 ? 'resource' : 'resources'} in ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}`,
    '',
    columns([head, ...rows]),
    '',
    `${paint.dim('critical path')}  ${criticalPath.map(printable).join(' → ')}, may take ${atMost(startMs)}`,
    `${paint.dim('shutdown')}       at the worst ${atMost(worstCaseShutdownMs)} of ${budget}${delay}`,
    ...held,
  ].join('\n')
}

function edge(resource: string, kind: string): string {
  return kind === 'required' ? printable(resource) : `${printable(resource)} (${kind})`
}

function granted(paint: Paint, askedMs: number, grantedMs: number): string {
  const text = duration(grantedMs)
  return grantedMs < askedMs && askedMs !== Infinity ? paint.yellow(text) : text
}

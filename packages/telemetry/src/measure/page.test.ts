import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { METRICS } from './measure.js'
import { attributeOf, prometheusName } from './metric.js'

const read = (path: string) => readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8')
const KINDS = { gauge: 'gauge', sum: 'up-down counter', counter: 'counter', histogram: 'histogram' }

test('docs/telemetry.md has every metric, and no other', () => {
  const rows = METRICS.map((metric) => {
    const { name, unit, kind, labels, description } = metric
    const attributes = labels.slice(1).map((label) => `\`${label}\` (\`${attributeOf(label)}\`)`)
    return `| \`${name}\` | \`${prometheusName(metric)}\` | ${KINDS[kind]}${unit === '' ? '' : `, ${unit}`} | ${attributes.join(', ')} | ${description} |`
  })
  const told = read('telemetry.md')
    .split('\n')
    .filter((line) => line.startsWith('| `keelson.kernel.') || line.startsWith('| `keelson.resource.'))
  expect(told).toEqual(rows)
})

test('docs/grafana-dashboard.json asks for metrics and labels that there are', () => {
  const dashboard = JSON.parse(read('grafana-dashboard.json'))
  const known = new Map<string, readonly string[]>()
  for (const metric of METRICS) {
    const name = prometheusName(metric)
    for (const suffix of metric.kind === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])
      known.set(name + suffix, metric.labels)
  }
  const queries: string[] = [
    ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }: { expr: string }) => expr)),
    ...dashboard.templating.list.flatMap(({ type, query }: Record<string, string>) => (type === 'query' ? [query!] : [])),
  ]
  expect(queries.length).toBeGreaterThan(10)
  for (const query of queries) {
    const names = query.match(/keelson_[a-z_]+/g) ?? []
    expect(names.length, query).toBeGreaterThan(0)
    for (const name of names) expect([...known.keys()], query).toContain(name)
    for (const [, name, selector] of query.matchAll(/(keelson_[a-z_]+)\{([^}]*)\}/g)) {
      for (const [, label] of selector!.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)) {
        if (label !== 'job' && label !== 'instance') expect(known.get(name!), query).toContain(label)
      }
    }
  }
})

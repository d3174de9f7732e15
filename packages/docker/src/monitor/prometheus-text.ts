import type { Labels, Metric } from './metrics.js'

/** Version 0.0.4 of the text format of Prometheus. */
export const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'

/** Metrics as Prometheus scrapes them. */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics.map(textOf).join('')
}

function textOf(metric: Metric): string {
  const name = nameOf(metric)
  return `# HELP ${name} ${metric.help}\n# TYPE ${name} ${metric.kind}\n${linesOf(name, metric).join('')}`
}

function nameOf({ name, kind }: Metric): string {
  const underscored = name.replaceAll('.', '_')
  return kind === 'counter' ? `${underscored}_total` : kind === 'histogram' ? `${underscored}_seconds` : underscored
}

function linesOf(name: string, metric: Metric): string[] {
  if (metric.kind !== 'histogram') return metric.points.map(({ labels, value }) => line(name, labels, value))
  return metric.distributions.flatMap(({ labels, bounds, cumulative, sum }) => [
    ...bounds.map((bound, i) => line(`${name}_bucket`, { ...labels, le: String(bound) }, cumulative[i]!)),
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, cumulative.at(-1)!),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, cumulative.at(-1)!),
  ])
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}{${pairs.join(',')}} ${value}\n`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

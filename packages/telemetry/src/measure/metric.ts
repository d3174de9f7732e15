/** What a value is of, by short names: `resource`, `state`. Only names of resources and words of Keelson: never a text of an error. */
export type Labels = Readonly<Record<string, string>>

/** A value with its labels. */
export interface Point {
  readonly labels: Labels
  readonly value: number
}

export interface MetricDescription {
  /** With dots, as OpenTelemetry has it. */
  readonly name: string
  readonly description: string
  /** In the notation of OpenTelemetry; empty for what is only 0 or 1. */
  readonly unit: '' | 's' | `{${string}}`
  /** `sum`: what may be added up over resources and replicas. */
  readonly kind: 'gauge' | 'sum' | 'counter' | 'histogram'
  /** The names of its labels. */
  readonly labels: readonly string[]
}

/** The attributes of OpenTelemetry, by label. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  kernel: 'keelson.kernel.name',
  resource: 'keelson.resource.name',
  state: 'keelson.state',
  status: 'keelson.probe.status',
  health: 'keelson.health',
  phase: 'keelson.phase',
  code: 'error.type',
  outcome: 'keelson.outcome',
  name: 'keelson.count.name',
}

/** The name of a label in OpenTelemetry. */
export function attributeOf(label: string): string {
  return ATTRIBUTES[label]!
}

/** The name of a metric in Prometheus: with its unit, and `_total` for a counter. */
export function prometheusName({ name, unit, kind }: MetricDescription): string {
  return `${name.replaceAll('.', '_')}${unit === 's' ? '_seconds' : ''}${kind === 'counter' ? '_total' : ''}`
}

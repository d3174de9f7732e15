import { CallError, type CallErrorData } from '../call-error.js'

/** What is called of a tracer and a meter of OpenTelemetry. */
interface Tools {
  readonly tracer?: {
    startSpan(name: string, options: { kind: number; attributes: Attributes }): Span
  }
  readonly meter?: {
    createHistogram(name: string, options: object): { record(value: number, attributes: Attributes): void }
    createUpDownCounter(name: string, options: object): { add(value: number, attributes: Attributes): void }
  }
}

interface Span {
  setAttribute(name: string, value: string): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

type Attributes = Record<string, string>

/** Who is told of calls; returns who is told of the end of one. */
type Teller = (method: string, tool: string | undefined) => (seconds: number, failure: string | undefined) => void

/** In s: those that OpenTelemetry's conventions have for MCP. */
const BOUNDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]
const DURATION = { name: 'mcp.client.operation.duration', help: 'How long calls of an MCP server take.' }
const ACTIVE = { name: 'keelson.mcp.calls.active', help: 'Calls of an MCP server that are in flight.' }
const CALLS = { name: 'keelson.mcp.calls', help: 'Calls of an MCP server, by what became of them.' }
/** Of OpenTelemetry. */
const CLIENT = 2
const ERROR = 2

/** Tells `@keelson/telemetry` of the calls of one server, through all its instances and sessions. */
export class CallTelemetry {
  readonly #server: string
  readonly #tellers = new Set<Teller>()
  readonly #outcomes = new Map<string, number>([
    ['ok', 0],
    ['limited', 0],
  ])
  readonly #within = new Array<number>(BOUNDS.length + 1).fill(0)
  #seconds = 0
  #active = 0

  constructor(server: string) {
    this.#server = server
  }

  /** A call begins; `failure` says why it failed when it ends. */
  begin(method: string, tool: string | undefined): (failure?: string) => void {
    const begun = performance.now()
    this.#active++
    const told = this.#tellers.size === 0 ? undefined : [...this.#tellers].map((tell) => tell(method, tool))
    return (failure) => {
      const seconds = (performance.now() - begun) / 1_000
      this.#active--
      this.#seconds += seconds
      const outcome = failure ?? 'ok'
      this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
      const bucket = BOUNDS.findIndex((bound) => seconds <= bound)
      this.#within[bucket < 0 ? BOUNDS.length : bucket]!++
      if (told !== undefined) for (const tell of told) tell(seconds, failure)
    }
  }

  /** What the value of a resource has for `@keelson/telemetry`, which looks for this symbol. */
  get offer(): object {
    return {
      [Symbol.for('keelson.telemetry')]: {
        instrument: (tools: Tools) => this.#instrument(tools),
        metrics: () => this.#metrics(),
      },
    }
  }

  #instrument({ tracer, meter }: Tools): () => void {
    const server = { 'keelson.mcp.server': this.#server }
    const advice = { explicitBucketBoundaries: BOUNDS }
    const duration = meter?.createHistogram(DURATION.name, { description: DURATION.help, unit: 's', advice })
    const active = meter?.createUpDownCounter(ACTIVE.name, { description: ACTIVE.help, unit: '{call}' })
    const teller: Teller = (method, tool) => {
      const attributes = { ...server, 'mcp.method.name': method }
      const name = tool === undefined ? method : `${method} ${tool}`
      const more = tool === undefined ? {} : { 'gen_ai.tool.name': tool }
      const span = tracer?.startSpan(name, { kind: CLIENT, attributes: { ...attributes, ...more } })
      active?.add(1, server)
      return (seconds, failure) => {
        active?.add(-1, server)
        duration?.record(seconds, failure === undefined ? attributes : { ...attributes, 'error.type': failure })
        if (failure !== undefined) {
          span?.setAttribute('error.type', failure)
          span?.setStatus({ code: ERROR })
        }
        span?.end()
      }
    }
    this.#tellers.add(teller)
    return () => void this.#tellers.delete(teller)
  }

  #metrics(): object[] {
    const labels = { server: this.#server }
    let sum = 0
    const cumulative = this.#within.map((count) => {
      sum += count
      return sum
    })
    const outcomes = Array.from(this.#outcomes, ([outcome, value]) => ({ labels: { ...labels, outcome }, value }))
    return [
      { ...CALLS, kind: 'counter', points: outcomes },
      { ...ACTIVE, kind: 'gauge', points: [{ labels, value: this.#active }] },
      { ...DURATION, kind: 'histogram', distributions: [{ labels, bounds: BOUNDS, cumulative, sum: this.#seconds }] },
    ]
  }
}

/** Why calls fail that the proxy answers itself; what a server says there may be anything. */
const REASONS: readonly unknown[] = ['unavailable', 'lost', 'limited', 'late', 'stopping'] satisfies CallErrorData['reason'][]

/** One word for an error, of few. */
export function failureOf(error: unknown): string {
  if (!(error instanceof CallError)) return 'error'
  const reason = (error.data as Partial<CallErrorData> | undefined)?.reason
  return reason !== undefined && REASONS.includes(reason) ? reason : 'answered'
}

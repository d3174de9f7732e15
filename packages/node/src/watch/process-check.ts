import { type Resource, type ResourceOptions, resource, type StartContext } from '@keelson/kernel'
import { type Check, checkOptions, isAnything, type Where } from '../options.js'
import { setImmediate } from '../time.js'

/** What the kernel does with a process check as with any resource. Its impact is `'degraded'` by default. */
export type ProcessCheckOptions = Pick<ResourceOptions<unknown, never>, 'impact' | 'monitor' | 'labels' | 'timeouts'>

/** The value of a process check: what it measured last. */
export interface Measured {
  /** Undefined until the first check. */
  readonly latest: number | undefined
}

/** What one kind of check measures. */
export interface Gauge {
  measure(): number | Promise<number>
  /** Says what is wrong with a measurement, or nothing when it is fine. */
  problem(measured: number): string | undefined
  close?(): void
}

/**
 * A resource that watches the process. What is wrong already when it starts makes it unhealthy at once, but does not keep it from
 * starting: a resource that never ran would never be checked again.
 */
export function processCheck(name: string, options: ProcessCheckOptions, open: () => Gauge | Promise<Gauge>): Resource<Measured> {
  const { impact = 'degraded', monitor, labels, timeouts } = options
  return resource<Running>(name, {
    impact,
    ...(monitor && { monitor }),
    ...(labels && { labels }),
    ...(timeouts && { timeouts }),
    start: async (_deps, ctx) => new Running(await open(), ctx),
    check: (running) => running.check(),
    stop: (running) => running.stop(),
  })
}

/** Throws `INVALID_OPTION` for what such a resource cannot work with; what belongs to the kernel is left to it. */
export function checkProcessCheck(name: string, options: unknown, checks: Readonly<Record<string, Check>>): Where {
  const where = { text: `resource "${String(name)}"`, resource: String(name) }
  checkOptions(where, '', options, {
    ...checks,
    impact: isAnything,
    monitor: isAnything,
    labels: isAnything,
    timeouts: isAnything,
  })
  return where
}

class Running implements Measured {
  latest: number | undefined
  readonly #gauge: Gauge
  readonly #ctx: StartContext
  #first = true

  constructor(gauge: Gauge, ctx: StartContext) {
    this.#gauge = gauge
    this.#ctx = ctx
    // Also when the start is given up before this instance is anybody's.
    ctx.defer(() => this.stop())
  }

  async check(): Promise<void> {
    const first = this.#first
    this.#first = false
    this.latest = await this.#gauge.measure()
    const problem = this.#gauge.problem(this.latest)
    if (problem === undefined) return
    if (!first) throw new Error(problem)
    // By then this check has passed and the resource runs; if it was stopped meanwhile, nobody listens.
    setImmediate(() => this.#ctx.unhealthy(new Error(problem)))
  }

  stop(): void {
    this.#gauge.close?.()
  }
}

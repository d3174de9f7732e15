import type { KernelView } from '@keelson/kernel'
import { redact } from '@keelson/kernel/redact'

/** What an indicator of `@nestjs/terminus` returns: an entry per thing that it looked at. */
export type IndicatorResult = Record<string, { status: 'up' | 'down' } & Record<string, unknown>>

export interface KeelsonHealthOptions {
  /** The name of the entry; default `'keelson'`. */
  key?: string
  /** What has to be so: `'ready'` (default), which ends with the first instant of a shutdown, or `'live'`. */
  probe?: 'ready' | 'live'
  /** An entry for each resource, too, with its state and why it is not fine; default false: a stranger is told nothing about the inside. */
  details?: boolean
}

/**
 * The state of a kernel as an indicator of `@nestjs/terminus`. It runs no check, so it costs nothing however often it is asked.
 *
 * @example
 * constructor(private readonly health: HealthCheckService, @InjectKernel() private readonly kernel: KernelView) {}
 *
 * @Get('health') @HealthCheck()
 * check() {
 *   return this.health.check([keelsonHealth(this.kernel), () => this.http.pingCheck('docs', 'https://docs.nestjs.com')])
 * }
 */
export function keelsonHealth(kernel: KernelView, options: KeelsonHealthOptions = {}): () => IndicatorResult {
  const { key = 'keelson', probe = 'ready', details = false } = options
  return () => {
    const now = kernel.probe()
    const own: IndicatorResult[string] = { status: now[probe] ? 'up' : 'down', state: now.status }
    if (!details) return { [key]: own }
    const reasons = new Map(now.reasons.map(({ resource, message }) => [resource, redact(message)]))
    const entries = kernel.inspect().resources.map(({ name, state, health, impact }) => {
      const message = reasons.get(name)
      // Of what the service runs without, terminus would make an outage of the whole.
      const status = message === undefined || impact !== 'unready' ? 'up' : 'down'
      return [name, { status, state, health, ...(message !== undefined && { message }) }] as const
    })
    return { ...Object.fromEntries(entries), [key]: own }
  }
}

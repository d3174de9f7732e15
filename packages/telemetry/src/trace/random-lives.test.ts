import { createKernel, optional, type ResourceLike, ref, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { instrument } from '../otel/instrument.js'
import { tracing } from '../test-support/traced.js'

/** What the SDK complains of: a span that is ended twice, or told something after its end. */
const complaints: unknown[] = []

beforeAll(() => {
  const complain = (...args: unknown[]) => void complaints.push(args)
  const silent = () => {}
  diag.setLogger({ error: complain, warn: complain, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN)
})
afterAll(() => diag.disable())

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'O2 each span that begins ends once, whatever happens to a kernel (seed %i)',
  async (seed) => {
    const random = seeded(seed + 1)
    const one = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)]!
    const clock = virtualClock()
    const crashes = new Map<string, (error: Error) => void>()
    const pause = () => new Promise<void>((resolve) => void clock.setTimeout(resolve, random() * 20))
    const maybe = async (what: string, chance: number) => {
      await pause()
      if (random() < chance) throw new Error(`${what} failed`)
    }
    const made: ResourceLike[] = []
    for (let i = 0; i < 6; i++) {
      const needs = Object.fromEntries(
        made.flatMap((other, n) => (random() < 0.3 ? [[`d${n}`, one([other, optional(other), ref(other)])]] : [])),
      )
      made.push(
        resource(`r${i}`, {
          dependsOn: needs,
          impact: one(['unready', 'degraded', 'none'] as const),
          restart: { attempts: 2, within: 10_000, delay: 5 },
          timeouts: { start: 100, drain: 30, stop: 30 },
          ...(random() < 0.5 && { retry: { attempts: 3, delay: 5 } }),
          start: async (_, ctx) => {
            crashes.set(ctx.name, ctx.crashed)
            if (random() < 0.05) return new Promise<never>(() => {})
            return maybe('start', 0.15)
          },
          ...(random() < 0.5 && { activate: () => maybe('activate', 0.05) }),
          drain: () => maybe('drain', 0.1),
          stop: () => (random() < 0.05 ? new Promise<never>(() => {}) : maybe('stop', 0.1)),
        }),
      )
    }
    const kernel = createKernel(made, { clock, shutdown: { timeout: 1_000 } })
    const { provider, exporter, open } = tracing()
    instrument(kernel, { tracerProvider: provider, meterProvider: false })
    const ignore = (promise: Promise<unknown>) => void promise.catch(() => {})
    ignore(kernel.start())
    for (let i = 0; i < 12; i++) {
      await clock.advance(random() * 60)
      const target = one(made)
      const act = one(['crash', 'restart', 'rotate', 'remove', 'add', 'nothing'] as const)
      if (act === 'crash') crashes.get(`r${Math.floor(random() * 6)}`)?.(new Error('gone'))
      else if (act === 'restart') ignore(kernel.restart(target))
      else if (act === 'rotate') ignore(kernel.rotate(target))
      else if (act === 'remove') ignore(kernel.remove(target, { dependents: true }))
      else if (act === 'add') ignore(kernel.add(target))
    }
    ignore(kernel.shutdown('the end'))
    await clock.advance(20_000)
    expect(['stopped', 'failed', 'idle']).toContain(kernel.state)
    expect(open()).toBe(0)
    expect(complaints).toEqual([])
    const ids = new Set(exporter.getFinishedSpans().map((span) => span.spanContext().spanId))
    const orphans = exporter
      .getFinishedSpans()
      .filter((span) => span.parentSpanContext && !ids.has(span.parentSpanContext.spanId))
    expect(orphans.map(({ name }) => name)).toEqual([])
  },
)

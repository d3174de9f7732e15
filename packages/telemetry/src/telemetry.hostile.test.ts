// Attacked: what is measured: resources without number that come and go, a meter and a tracer that throw, secrets and lines in names and errors.
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { instrument } from './index.js'
import { Ledger, MANY } from './measure/ledger.js'
import { prometheusMetrics } from './prometheus.js'

const GUESTS = 2 * MANY + 500

async function comeAndGo(kernel: Kernel, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const guest = resource(`guest@${i}`, { start: () => {}, check: () => true })
    await kernel.add(guest)
    await kernel.check(guest)
    await kernel.remove(guest)
  }
}

test('resources that come and go under names of their own are forgotten, also where nobody ever collects', async ({ task }) => {
  Object.assign(task.meta, { attacks: GUESTS })
  const kernel = createKernel([resource('base', { start: () => {}, check: () => true })], { name: 'shop' })
  const ledger = new Ledger(kernel, () => {})
  const register = new Registry()
  prometheusMetrics(kernel, { register })
  await kernel.start()
  await comeAndGo(kernel, GUESTS)
  expect(ledger.size).toBeLessThanOrEqual(MANY)
  const checks = register.getSingleMetric('keelson_resource_check_duration_seconds')
  expect(Object.keys(Reflect.get(checks!, 'hashMap')).length).toBeLessThanOrEqual(MANY + 1)
  const text = await register.metrics()
  expect(text).toContain('resource="base"')
  expect(text).not.toContain('guest@')
  await kernel.shutdown()
}, 30_000)

/** Whatever is asked of it, it throws. */
const broken = (): never =>
  new Proxy(
    {},
    {
      get: (_, key) => {
        if (key === 'getTracer' || key === 'getMeter') return () => broken()
        if (key === 'then') return undefined
        throw new Error(`${String(key)} is broken`)
      },
    },
  ) as never

test('a tracer that throws takes nothing with it', async () => {
  const seen: string[] = []
  const db = resource('db', { start: () => void seen.push('start'), stop: () => void seen.push('stop'), check: () => true })
  const kernel = createKernel([db], { name: 'shop' })
  instrument(kernel, { tracerProvider: broken(), meterProvider: false })
  await kernel.start()
  await kernel.restart(db)
  await kernel.shutdown()
  expect(seen).toEqual(['start', 'stop', 'start', 'stop'])
  expect(kernel.state).toBe('stopped')
})

test('names with lines and quotes are one label in what Prometheus reads', async () => {
  const name = 'x"} 1\nforged{a="b\\'
  const kernel = createKernel([resource(name, { start: () => {} })], { name })
  const register = new Registry()
  prometheusMetrics(kernel, { register })
  await kernel.start()
  expect((await register.metrics()).split('\n').filter((line) => line.startsWith('forged'))).toEqual([])
  await kernel.shutdown()
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKernel, resource } from '@keelson/kernel'
import { Counter, register as globalRegister, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { METRICS } from '../measure/measure.js'
import { prometheusName } from '../measure/metric.js'
import { eventful } from '../test-support/eventful.js'
import { metricsHandler } from './metrics-handler.js'
import { prometheusMetrics } from './prometheus-metrics.js'

const linesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(`${name}{`))

test('O1 Prometheus is told of the kernel and its resources, with the units in the names', async () => {
  const register = new Registry()
  const { kernel, play, finish } = eventful()
  const end = prometheusMetrics(kernel, { register })
  await play()
  const text = await register.metrics()
  for (const metric of METRICS) expect(text).toContain(`# HELP ${prometheusName(metric)} ${metric.description}\n`)
  expect(linesOf(text, 'keelson_resource_state')).toContain(
    'keelson_resource_state{kernel="shop",resource="api",state="running"} 1',
  )
  expect(linesOf(text, 'keelson_resource_state')).toHaveLength(24)
  expect(linesOf(text, 'keelson_kernel_shutdown_budget_seconds')).toEqual([
    'keelson_kernel_shutdown_budget_seconds{kernel="shop"} 20',
  ])
  expect(linesOf(text, 'keelson_resource_restarts_total')).toContain(
    'keelson_resource_restarts_total{kernel="shop",resource="flaky"} 2',
  )
  expect(linesOf(text, 'keelson_resource_admission_requests_total')).toContain(
    'keelson_resource_admission_requests_total{kernel="shop",resource="api",outcome="refused"} 3',
  )
  const [count] = linesOf(text, 'keelson_resource_check_duration_seconds_count')
  expect(Number(count!.split(' ')[1])).toBeGreaterThanOrEqual(6)
  expect(text).not.toContain('hunter2')
  end()
  expect(await register.metrics()).toBe('\n')
  finish()
  await kernel.shutdown().catch(() => {})
})

test('O1 two kernels share a register, and what has left one is told no more', async () => {
  const register = new Registry()
  const guest = resource('guest', { start: () => {}, check: () => true })
  const [one, two] = ['one', 'two'].map((name) => createKernel([], { name }))
  const ends = [one!, two!].map((kernel) => prometheusMetrics(kernel, { register }))
  prometheusMetrics(one!, { register })
  await Promise.all([one!.start(), two!.start()])
  await one!.add(guest)
  const before = await register.metrics()
  expect(linesOf(before, 'keelson_kernel_ready')).toEqual([
    'keelson_kernel_ready{kernel="one"} 1',
    'keelson_kernel_ready{kernel="two"} 1',
  ])
  expect(before).toContain('resource="guest"')
  await one!.remove(guest)
  expect(await register.metrics()).not.toContain('resource="guest"')
  ends[0]!()
  expect(linesOf(await register.metrics(), 'keelson_kernel_ready')).toEqual(['keelson_kernel_ready{kernel="two"} 1'])
  ends[1]!()
  await Promise.all([one!.shutdown(), two!.shutdown()])
})

test('O1 the handler answers its path, with whatever the register has', async () => {
  const kernel = createKernel([], { name: 'shop' })
  const metrics = metricsHandler(kernel, { allow: ({ headers }) => headers.authorization !== 'no' })
  const server = createServer((req, res) => void (metrics(req, res) || res.writeHead(404).end())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const answer = await fetch(`${url}/metrics?x`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(await answer.text()).toContain('keelson_kernel_ready{kernel="shop"} 0')
    expect((await fetch(`${url}/other`)).status).toBe(404)
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${url}/metrics`, { headers: { authorization: 'no' } })).status).toBe(403)
    new Counter({
      name: 'broken_total',
      help: 'It fails.',
      collect() {
        throw new Error('password=hunter2hunter2')
      },
    })
    const broken = await fetch(`${url}/metrics`)
    expect([broken.status, await broken.text()]).toEqual([500, 'the metrics could not be collected\n'])
  } finally {
    globalRegister.clear()
    server.close()
  }
})

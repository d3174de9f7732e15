import { createKernel, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, it } from 'vitest'
import { detailedAnswer } from './probe-details.js'

async function checked() {
  const clock = virtualClock()
  const state = { check: (): unknown => true }
  const db = resource('db', {
    start: () => 1,
    check: () => state.check(),
    monitor: { interval: 1_000 },
    timeouts: { check: 500 },
  })
  const kernel = await clock.run(createKernel([db], { clock }).start())
  const body = (format: 'text' | 'json') => detailedAnswer(kernel, 'ready', { format, exclude: [] }).body
  return { clock, state, kernel, body }
}

it('H1 says what checks are coming to before the verdict, with the last reason, and keeps passwords out of it', async () => {
  const { clock, state, kernel, body } = await checked()
  state.check = () => {
    throw new Error('cannot reach postgres://app:hunter2@10.0.0.7/orders')
  }
  await clock.advance(2_000)
  expect(body('text')).toMatch(/^\[\+\] db: running, healthy; 2 of 3 checks failed: .*cannot reach postgres:/)
  expect(body('text')).not.toContain('hunter2')
  expect(JSON.parse(body('json'))).toMatchObject({
    status: 'pass',
    checks: { db: [{ status: 'warn', output: expect.stringContaining('2 of 3') }] },
  })
  await clock.run(kernel.shutdown())
})

it('H1 does not call the response time of a dead database good', async () => {
  const { clock, state, kernel, body } = await checked()
  state.check = () => new Promise(() => {})
  await clock.advance(20_000)
  const { status, checks } = JSON.parse(body('json'))
  expect(status).toBe('fail')
  expect(checks['db:responseTime']).toMatchObject([{ status: 'fail' }])
  expect(checks['db:responseTime'][0].observedValue).toBeGreaterThan(500)
  await clock.run(kernel.shutdown())
})

it('P1 has a key for each resource and its response time, whatever the names', async () => {
  const clock = virtualClock()
  const names = ['a', 'a:responseTime', 'a%3AresponseTime']
  const resources = names.map((name) => resource(name, { start: () => 1, check: () => true, monitor: { interval: 1_000 } }))
  const kernel = await clock.run(createKernel(resources, { clock }).start())
  await clock.advance(2_000)
  const { body } = detailedAnswer(kernel, 'ready', { format: 'json', exclude: [] })
  const { checks } = JSON.parse(body) as { checks: Record<string, { componentId: string; observedUnit: string }[]> }
  const told = Object.entries(checks).map(([key, entries]) => [key, entries.map((e) => `${e.observedUnit} of ${e.componentId}`)])
  expect(told).toEqual([
    ['a', ['state of a']],
    ['a:responseTime', ['ms of a']],
    ['a%3AresponseTime', ['state of a:responseTime']],
    ['a%3AresponseTime:responseTime', ['ms of a:responseTime']],
    ['a%253AresponseTime', ['state of a%3AresponseTime']],
    ['a%253AresponseTime:responseTime', ['ms of a%3AresponseTime']],
  ])
  await clock.run(kernel.shutdown())
})

it('W3 tells what a resource counts', async () => {
  const api = resource('api', { start: (_, ctx) => void ctx.counters(() => ({ admitted: 12, refused: 3 })) })
  const kernel = await createKernel([api]).start()
  const body = (format: 'text' | 'json') => detailedAnswer(kernel, 'ready', { format, exclude: [] }).body
  expect(body('text')).toBe('[+] api: running, 12 admitted, 3 refused\nready: ready\n')
  expect(JSON.parse(body('json')).checks).toMatchObject({
    'api:admitted': [{ componentId: 'api', status: 'pass', observedValue: 12, observedUnit: 'count' }],
    'api:refused': [{ observedValue: 3 }],
  })
  await kernel.shutdown()
})

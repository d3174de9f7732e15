import { expect, test } from 'vitest'
import { optional } from '../index.js'
import { stateOf } from '../test-support/handled.js'
import { scene } from '../test-support/scene.js'

const POLICY = { attempts: 3, within: 10_000, delay: 0, jitter: 0 }

test('S4 a first start that failed is not tried again by the policy, but by a restart that is asked for, with all that missed it', async () => {
  const { clock, kernel, log, traced } = scene()
  let there = false
  const cache = traced('cache', {
    impact: 'degraded',
    restart: POLICY,
    start: () => {
      if (!there) throw new Error('not there yet')
      return 'cache'
    },
  })
  const pages = traced('pages', { dependsOn: { cache }, impact: 'none', start: ({ cache }) => `pages with ${cache}` })
  const api = traced('api', { dependsOn: { cache: optional(cache) }, start: ({ cache }) => `api with ${cache}` })
  const app = await clock.run(kernel([pages, api]).start())
  await clock.advance(60_000)
  expect(log).toEqual(['start cache', 'start api'])
  expect([stateOf(app, 'cache'), stateOf(app, 'pages'), app.get(api)]).toEqual(['failed', 'failed', 'api with undefined'])
  there = true
  await clock.run(app.restart(cache))
  expect([app.get(pages), app.get(api)]).toEqual(['pages with cache', 'api with cache'])
  expect(app.probe().status).toBe('ready')
  await clock.run(app.shutdown())
})

test('S4 once it was asked for, the policy goes on with it', async () => {
  const { clock, kernel, traced } = scene()
  let starts = 0
  const cache = traced('cache', {
    impact: 'degraded',
    restart: POLICY,
    start: () => {
      if (++starts < 4) throw new Error('not there yet')
      return 'cache'
    },
  })
  const app = await clock.run(kernel([cache]).start())
  await clock.run(app.restart(cache).catch(() => {}))
  await clock.settle()
  expect(app.get(cache)).toBe('cache')
  await clock.run(app.shutdown())
})

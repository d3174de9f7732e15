import { expect, test } from 'vitest'
import { shutdownError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

test.each(['kill', 'cleanup'])('D4 a %s that fails after it was no longer waited for is told in an event', async (which) => {
  const { clock, kernel, traced, delay } = scene()
  const thrown = new Error('much later')
  const fail = () => delay(5_000).then(() => Promise.reject(thrown))
  const app = await kernel([
    traced('a', {
      timeouts: { stop: 10 },
      stop: hang,
      start: (_, { defer }) => which === 'cleanup' && defer(fail),
      ...(which === 'kill' && { kill: fail }),
    }),
  ]).start()
  const log = recordEvents(app)
  await clock.run(shutdownError(app.shutdown()))
  await clock.advance(10_000)
  const told = log.events.flatMap((event) => (event.type === 'resource:error' ? [event.error.cause] : []))
  expect(told).toContain(thrown)
})

test('D4, S5 kill is called once, and only for a value whose own stop ran out of time', async () => {
  const { clock, kernel, log, traced, delay } = scene()
  const a = traced('a', {
    impact: 'none',
    timeouts: { start: 5, stop: 20 },
    start: (_, { defer }) => {
      defer(hang)
      return delay(10, 'late')
    },
    kill: (value) => log.push(`kill ${value}`),
  })
  const app = kernel([a])
  await clock.run(app.start())
  await clock.advance(100)
  expect(log, 'its stop succeeded; the cleanup that hangs is not a reason to kill').toEqual(['start a', 'stop a'])
  expect((await clock.run(app.shutdown())).ok, 'what went wrong before it is not an error of this teardown').toBe(true)
})

import { expect, test } from 'vitest'
import { startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

test('D3 a release that is going on when the shutdown comes leaves time for those below', async () => {
  const { clock, kernel, log, traced, delay } = scene()
  const db = traced('db', { timeouts: { stop: 5 } })
  const api = traced('api', {
    dependsOn: { db },
    start: (_, { defer }) => {
      defer(() => delay(5))
      defer(() => delay(17))
    },
    check: () => false,
    stop: () => delay(19),
    timeouts: { start: 10, stop: 40 },
  })
  const app = kernel([api], { shutdown: { timeout: 40 } })
  const failed = startError(app.start())
  await clock.advance(10)
  const report = await clock.run(app.shutdown().catch((error) => error.report))
  await failed
  expect(report.outcomes.at(-1)).toMatchObject({ resource: 'db', outcome: 'stopped' })
  expect(report.durationMs).toBeLessThanOrEqual(40)
  expect(log.at(-1)).toBe('stop db')
  await clock.advance(100)
})

import { expect, it } from 'vitest'
import { runFixture } from './child.js'

it('X8 a process on Cloud Run ends a hook that hangs before the platform ends the process, and says at the start why', async () => {
  const shop = runFixture('hang', { STOP: 60_000, K_SERVICE: 'shop', K_REVISION: 'shop-1' })
  const [line] = await shop.said(/.*shop is ready in.*\n/)
  expect(JSON.parse(line)).toMatchObject({
    msg: expect.stringMatching(/; shutdown\.timeout is 9 s: Cloud Run gives 10 s$/),
    shutdown: { timeoutMs: 9_000, platform: 'Cloud Run', graceMs: 10_000 },
  })
  shop.kill('SIGTERM')
  const { code, signal, output } = await shop.ended
  const [, ms] = /"to":"stopped".*"durationMs":(\d+)/.exec(output)!
  expect(Number(ms)).toBeGreaterThan(8_000)
  expect(output).toContain('shop stopped with 1 error in')
  expect({ code, signal }).toEqual({ code: 1, signal: null })
})

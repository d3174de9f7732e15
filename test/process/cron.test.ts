import { expect, it } from 'vitest'
import { runFixture } from './child.js'

it('J1 a service of schedules alone stays up, and a signal waits for the run that goes on', async () => {
  const jobs = runFixture('cron')
  await jobs.said(/cleanup begins/)
  jobs.kill('SIGTERM')
  const { code, output } = await jobs.ended
  expect(code).toBe(0)
  expect(output).toMatch(/waiting for cron cleanup/)
  expect(output).toMatch(/cleanup is done\n(.*\n)*db was stopped/)
  expect(output.match(/cleanup begins/g)).toHaveLength(1)
  expect(output).toContain('finished 1 run')
})

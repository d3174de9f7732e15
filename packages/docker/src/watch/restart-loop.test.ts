import { expect, test } from 'vitest'
import { type Scene, scene } from '../test-support/scene.js'

/** One round of an engine that restarts a container by the container's own policy, and the container that ends again. */
async function round(s: Scene, up: number, down: number) {
  const [one] = [...s.engine.containers.values()]
  s.engine.set(one!, { Status: 'restarting', Running: true, Restarting: true, ExitCode: 1 })
  s.engine.emit('die', one!.id)
  await s.pass(down)
  one!.inspection.RestartCount = (one!.inspection.RestartCount ?? 0) + 1
  s.engine.set(one!, { Status: 'running', Restarting: false, StartedAt: new Date(s.clock.now()).toISOString() })
  s.engine.emit('start', one!.id)
  await s.pass(up)
}

test('one that its own policy restarts again and again has failed all the time, and is not told to recover', async () => {
  await using s = await scene({ interval: 3_600_000 }, (engine) => engine.run('one'))
  for (let i = 0; i < 10; i++) await round(s, 5_000, 1_000)
  expect(s.lines().filter((line) => line.startsWith('status'))).toEqual(['status one: healthy → failed'])
  expect(s.lines()).not.toContain('recovery one')
  await s.until(() => s.status('one') === 'healthy', 30_000)
  expect(s.lines().filter((line) => line === 'recovery one')).toHaveLength(1)
  expect(s.engine.count(/restart$/)).toBe(0)
})

test('its checks do not pass while it ends again and again, so that the monitor steps in', async () => {
  await using s = await scene({ restartAttempts: 1 }, (engine) => {
    const one = engine.run('one')
    one.restarted = () => {
      one.inspection.RestartCount = 0
      engine.set(one, { Status: 'running', Restarting: false })
    }
  })
  for (let i = 0; i < 40 && s.engine.count(/restart$/) === 0; i++) await round(s, 4_000, 3_000)
  expect(s.engine.count(/restart$/)).toBe(1)
})

import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'

test('V1 what takes the place of another is not tried again: who asked for it hears of that', async () => {
  const { clock, kernel, traced } = scene()
  let fails = false
  const db = traced('db', {
    retry: true,
    start: () => {
      if (fails) throw new Error('refused')
      return 'db'
    },
  })
  const app = await clock.run(kernel([db]).start())
  const retries: string[] = []
  app.on('start:retry', ({ resource }) => retries.push(resource))
  fails = true
  await expect(clock.run(app.rotate(db))).rejects.toThrow('refused')
  await clock.advance(10_000)
  expect([retries, app.get(db), app.probe().status]).toEqual([[], 'db', 'ready'])
  await clock.run(app.shutdown())
})

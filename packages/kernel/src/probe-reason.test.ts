import { expect, test } from 'vitest'
import { resource, type StartContext } from './index.js'
import { scene } from './testing/scene.js'

test('H6 a new reason is shown, though the health stays the same', async () => {
  const { kernel } = scene()
  let ctx: StartContext | undefined
  const a = resource('a', {
    start: (_, given) => {
      ctx = given
    },
  })
  const app = await kernel([a]).start()
  ctx!.unhealthy(new Error('first'))
  expect(app.probe().reasons[0]!.message).toContain('first')
  ctx!.unhealthy(new Error('second'))
  expect(app.probe().reasons[0]!.message).toContain('second')
  expect(app.inspect().resources[0]!.error).toContain('second')
  await app.shutdown()
})

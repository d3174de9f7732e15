import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createKernel, type Kernel, type Resource, resource } from '../index.js'
import { handled } from '../test-support/handled.js'
import { scene } from '../test-support/scene.js'

const FOREVER = { attempts: 1_000_000, within: 1, delay: 0, jitter: 0 }

test('D8 of 10,000 instances of a resource none is held but the last, and the heap stays flat', async () => {
  const { clock, kernel } = scene()
  const instances: WeakRef<object>[] = []
  let crash: (error: unknown) => void = () => {}
  const db = resource('db', {
    restart: FOREVER,
    start: (_, ctx) => {
      crash = ctx.crashed
      ctx.defer(() => {})
      const made = { bytes: new Uint8Array(100) }
      if (instances.length < 100 || instances.length % 1_000 === 0) instances.push(new WeakRef(made))
      return made
    },
    activate: async () => {},
    quiesce: async () => {},
    check: () => true,
    stop: async () => {},
  })
  const api = resource('api', { dependsOn: { db }, start: ({ db: held }) => ({ held }), activate: () => {} })
  const app = await clock.run(kernel([api]).start())
  const restart = async (times: number) => {
    for (let i = 0; i < times; i++) {
      if (i % 2 === 0) crash(new Error('gone'))
      else void app.restart(db)
      await clock.settle()
    }
  }
  await restart(2_000)
  const before = await heapUsed()
  await restart(8_000)
  const after = await heapUsed()
  expect(app.probe().status).toBe('ready')
  // Each instance that was held would be at least 100 bytes, its error and its context: 8,000 of them more than 8 MB.
  expect(after - before).toBeLessThan(4_000_000)
  expect(instances.slice(0, -1).filter((made) => made.deref() !== undefined)).toHaveLength(0)
  await clock.run(app.shutdown())
}, 60_000)

test('D8 a kernel of 1,000 resources that has stopped can be collected, though contexts of its hooks are held', async () => {
  const { clock } = scene()
  const values: WeakRef<object>[] = []
  const life = async () => {
    const made: Resource<object>[] = []
    for (let i = 0; i < 1_000; i++) {
      const dependsOn: Record<string, Resource<object>> = i === 0 ? {} : { below: made[Math.floor(i / 2)]! }
      const start = () => {
        const value = {}
        values.push(new WeakRef(value))
        return value
      }
      made.push(
        resource<object>(`r${i}`, {
          dependsOn,
          start,
          check: () => true,
          stop: async () => {},
          drain: () => {},
          activate: () => {},
        } as never),
      )
    }
    const app: Kernel = createKernel(made, { clock })
    await clock.run(app.start())
    await clock.advance(25_000)
    await clock.run(app.shutdown())
    return new WeakRef(app)
  }
  const app = await life()
  await heapUsed()
  expect(app.deref()).toBeUndefined()
  expect(values.filter((value) => value.deref() !== undefined)).toHaveLength(0)
})

test('D8 a context that outlives its instance holds no value', async () => {
  const world = scene()
  let value: WeakRef<object> | undefined
  const worker = handled(world, 'worker', {
    start: () => {
      const made = {}
      value = new WeakRef(made)
      return made as unknown as string
    },
  })
  const app = await world.clock.run(world.kernel([worker.resource]).start())
  await world.clock.run(app.restart(worker.resource))
  const first = worker.contexts[0]!
  await world.clock.run(app.shutdown())
  await heapUsed()
  expect(value!.deref()).toBeUndefined()
  expect(first.stopping.aborted).toBe(true)
})

/** In bytes, after a full collection; also where node was not started with --expose-gc. */
async function heapUsed(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    await new Promise<void>((resolve) => setTimeout(resolve, 0))
    collect()
  }
  return process.memoryUsage().heapUsed
}

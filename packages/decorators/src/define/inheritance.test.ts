import { createKernel, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { OnCheck, OnDrain, OnStart, OnStop, Service, Use } from '../index.js'

const db = resource('db', { start: () => 'db' })

test('hooks are inherited: the base starts first and stops last', async () => {
  const log: string[] = []
  abstract class Base {
    @OnStart() async openBase() {
      await null
      log.push('base open')
    }
    @OnDrain() drainBase() {
      log.push('base drain')
    }
    @OnStop() closeBase() {
      log.push('base close')
    }
  }
  @Service()
  class Orders extends Base {
    @OnStart() open() {
      log.push('open')
    }
    @OnDrain() async drain() {
      await null
      log.push('drain')
    }
    @OnStop() close() {
      log.push('close')
    }
  }
  const kernel = await createKernel([Orders]).start()
  await kernel.shutdown()
  expect(log).toEqual(['base open', 'open', 'drain', 'base drain', 'close', 'base close'])
})

test('a method that overrides a hook runs once in its place, decorated again or not', async () => {
  const log: string[] = []
  class Base {
    @OnStart() open() {
      log.push('base open')
    }
    @OnStop() close() {
      log.push('base close')
    }
  }
  @Service()
  class Orders extends Base {
    @OnStart() override open() {
      log.push('open')
    }
    override close() {
      log.push('close')
    }
  }
  await (await createKernel([Orders]).start()).shutdown()
  expect(log).toEqual(['open', 'close'])
})

test('one service may extend another: two resources, each with its own hooks and options', async () => {
  const log: string[] = []
  @Service()
  class Base {
    @OnStop() close() {
      log.push(this.constructor.name)
    }
  }
  @Service({ impact: 'none' })
  class Special extends Base {}
  const kernel = await createKernel([Base, Special]).start()
  expect(kernel.get(Special)).not.toBe(kernel.get(Base))
  await kernel.shutdown()
  expect(log.sort()).toEqual(['Base', 'Special'])
})

test('a class without a constructor takes the parameters of the one that it extends, with @Use and all', async () => {
  @Service()
  class Clock {}
  class Base {
    readonly db: string
    readonly clock: Clock
    constructor(@Use(db) name: string, clock: Clock) {
      this.db = name
      this.clock = clock
    }
  }
  @Service({ inject: [db, Clock] })
  class Listed extends Base {}
  @Service()
  class Orders extends Base {}
  for (const type of [Listed, Orders]) {
    const kernel = await createKernel([type]).start()
    expect([kernel.get(type).db, kernel.get(type).clock]).toEqual(['db', kernel.get(Clock)])
    await kernel.shutdown()
  }
})

test('every check of a class must pass; every stop runs although one fails', async () => {
  let ok = false
  const log: string[] = []
  @Service({ timeouts: { start: 60 } })
  class Orders {
    @OnCheck() first() {}
    @OnCheck() async second() {
      return ok
    }
    @OnStop() one() {
      log.push('one')
    }
    @OnStop() two() {
      throw new Error('two failed')
    }
    @OnStop() three() {
      throw new Error('three failed')
    }
  }
  await expect(createKernel([Orders]).start()).rejects.toMatchObject({ errors: [{ code: 'TIMEOUT' }, {}] })
  ok = true
  log.length = 0
  const kernel = await createKernel([Orders]).start()
  const failure = await kernel.shutdown().catch((error: unknown) => error)
  expect(log).toEqual(['one'])
  expect(failure).toMatchObject({
    errors: [{ code: 'STOP_FAILED', cause: { errors: [{ message: 'three failed' }, { message: 'two failed' }] } }],
  })
})

import { createKernel, type KeelsonError, resource, resourceOf, type StartContext, type StopContext } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { OnCheck, OnDrain, OnStart, OnStop, Service, Use } from '../index.js'

test('a decorated class is a resource: for createKernel, for dependsOn and for get', async () => {
  @Service()
  class Orders {
    readonly count = 3
  }
  const api = resource('api', { dependsOn: { orders: Orders }, start: ({ orders }) => orders.count + 1 })
  const kernel = createKernel([api])
  expect(kernel.plan().order).toEqual(['Orders', 'api'])
  await kernel.start()
  const count: number = kernel.get(Orders).count
  expect([count, kernel.get(api)]).toEqual([3, 4])
  expect(kernel.get(Orders)).toBeInstanceOf(Orders)
  await kernel.shutdown()

  const alone = await createKernel([Orders]).start()
  expect(alone.get(Orders).count).toBe(3)
  await alone.shutdown()
})

test('its hooks run in the order of a resource, on the instance, with the contexts of a resource', async () => {
  const log: string[] = []
  @Service({ name: 'orders' })
  class Orders {
    readonly id = 7
    @OnStart() async open(ctx: StartContext) {
      ctx.defer(() => log.push('deferred'))
      log.push(`start ${ctx.name} ${this.id}`)
    }
    @OnCheck() check() {
      log.push(`check ${this.id}`)
      return true
    }
    @OnDrain() async drain({ reason }: StopContext) {
      log.push(`drain ${reason} ${this.id}`)
    }
    @OnStop() async close({ reason }: StopContext) {
      log.push(`stop ${reason} ${this.id}`)
    }
  }
  const kernel = await createKernel([Orders]).start()
  await kernel.shutdown('deploy')
  expect(log).toEqual(['start orders 7', 'check 7', 'drain deploy 7', 'stop deploy 7', 'deferred'])
})

test('a failing @OnStart fails the start, a check that returns false makes it wait', async () => {
  @Service()
  class Broken {
    @OnStart() async open() {
      throw new Error('no route to host')
    }
  }
  await expect(createKernel([Broken]).start()).rejects.toMatchObject({
    errors: [{ code: 'START_FAILED', resource: 'Broken', message: expect.stringContaining('no route to host') }],
  })

  let checks = 0
  @Service()
  class Slow {
    @OnCheck() check() {
      return ++checks >= 3
    }
  }
  const kernel = await createKernel([Slow]).start()
  expect(checks).toBe(3)
  await kernel.shutdown()
})

test('dependsOn adds dependencies by name, read late, and hands their values to @OnStart', async () => {
  const seen: unknown[] = []
  const options = {
    get dependsOn() {
      return { later }
    },
  }
  @Service(options)
  class Orders {
    @OnStart() open(_ctx: StartContext, { later }: { later: number }) {
      seen.push(later)
    }
  }
  const later = resource('later', { start: () => 42 })
  const kernel = await createKernel([Orders]).start()
  expect(seen).toEqual([42])
  expect(kernel.plan().order).toEqual(['later', 'Orders'])
  await kernel.shutdown()
})

test('the options of a resource pass through: name, impact, labels, timeouts, monitor, after', async () => {
  const migrations = resource('migrations', { start: () => 1 })
  @Service({
    name: 'orders',
    impact: 'degraded',
    labels: { team: 'shop' },
    timeouts: { start: 1234, stop: 55 },
    monitor: { failureThreshold: 1 },
    after: [migrations],
  })
  class Orders {
    @OnCheck()
    look() {}
  }
  const kernel = createKernel([Orders])
  expect(kernel.plan().resources.find(({ name }) => name === 'orders')).toMatchObject({ startTimeoutMs: 1234 })
  expect(kernel.plan().order).toEqual(['migrations', 'orders'])
  const node = kernel.inspect().resources.find(({ name }) => name === 'orders')
  expect(node).toMatchObject({ impact: 'degraded', labels: { team: 'shop' } })
})

test('a monitor goes with a check that is a method', async () => {
  @Service({ monitor: { interval: 5 } })
  class Orders {
    @OnCheck()
    look() {
      return false
    }
  }
  const kernel = createKernel([Orders], { timeouts: { start: 20 } })
  await expect(kernel.start()).rejects.toMatchObject({ errors: [{ resource: 'Orders', code: 'TIMEOUT' }] })
})

test('a bad option, an unknown one and a hook among the options are refused where the class is defined', () => {
  expect(() => Service({ impact: 'fatal' as 'none' })(class Orders {})).toThrow(
    /"Orders": impact .*'unready', 'degraded' or 'none'/,
  )
  expect(() => Service({ timeout: 5 } as object)(class Orders {})).toThrow(/"Orders": timeout is not an option/)
  expect(() => Service({ stop: () => {} } as object)(class Orders {})).toThrow(/decorate a method with @OnStop\(\)/)
  expect(() => Service({ inject: 'db' } as object)(class Orders {})).toThrow(/class Orders: inject is not an array/)
  expect(() => Service()(class {} as never)).toThrow(/resources have names.*@Service\(\{ name: 'orders' \}\)/)
})

test('forgotten parentheses, a decorator twice and one in the wrong place say so', () => {
  expect(() => Service(class Orders {} as never)).toThrow(/write @Service\(\)/)
  expect(() => (OnStart as (...args: unknown[]) => unknown)({}, 'open', {})).toThrow(/write @OnStart\(\)/)
  expect(() => {
    @Service()
    @Service({ name: 'again' })
    class Orders {}
    return Orders
  }).toThrow(/class Orders: it is there twice/)
  expect(() => {
    class Orders {
      @OnStop() static close() {}
      open() {}
    }
    return Orders
  }).toThrow(/@OnStop on close: it is static; decorate a method of the instance/)
  expect(() => OnStop()({}, 'close', undefined as never)).toThrow(/close: it is not a method/)
  expect(() => {
    class Orders {
      find(@Use(resource('db', { start: () => 1 })) _db: number) {}
    }
    return Orders
  }).toThrow(/@Use on a parameter of find\(\): only constructors are injected/)
})

test('a class that only extends a service is no service', () => {
  @Service()
  class Orders {}
  class Special extends Orders {}
  expect(resourceOf(Orders).name).toBe('Orders')
  const refusal = (() => {
    try {
      createKernel([Special])
    } catch (error) {
      return error as KeelsonError
    }
    return undefined
  })()
  expect(refusal).toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(/class Special.*decorate the class with @Service/),
  })
})

test('two services of one name are DUPLICATE_RESOURCE, also below one constructor', () => {
  const first = (() => {
    @Service()
    class Database {}
    return Database
  })()
  const second = (() => {
    @Service()
    class Database {}
    return Database
  })()
  expect(() => createKernel([first, second])).toThrow(expect.objectContaining({ code: 'DUPLICATE_RESOURCE' }))
  @Service({ inject: [first, second] })
  class Orders {
    constructor(_a: object, _b: object) {
      void 0
    }
  }
  expect(() => createKernel([Orders])).toThrow(expect.objectContaining({ code: 'DUPLICATE_RESOURCE' }))
})

test('also two that classes between them bring in', () => {
  const repositories = ['one', 'two'].map((name) => {
    const database = resource('database', { start: () => name })
    class Repository {
      constructor(@Use(database) _name: string) {
        void 0
      }
    }
    return Repository
  })
  class Orders {
    constructor(_a: object, _b: object) {
      void 0
    }
  }
  Service({ inject: [repositories[0]!, repositories[1]!] })(Orders)
  expect(() => createKernel([Orders])).toThrow(expect.objectContaining({ code: 'DUPLICATE_RESOURCE', resource: 'database' }))
})

test('Symbol.asyncDispose of a service is its stop where it has no @OnStop', async () => {
  const log: string[] = []
  @Service()
  class Pool {
    async [Symbol.asyncDispose]() {
      log.push('disposed')
    }
  }
  @Service()
  class Both {
    @OnStop() close() {
      log.push('closed')
    }
    [Symbol.dispose]() {
      log.push('never')
    }
  }
  const kernel = await createKernel([Pool, Both]).start()
  await kernel.shutdown()
  expect(log.sort()).toEqual(['closed', 'disposed'])
})

test('a hook that it does not have takes no part of the shutdown budget', () => {
  @Service()
  class Plain {}
  expect(createKernel([Plain]).plan().resources[0]!.shutdown.ownMs).toBe(
    createKernel([resource('p', { start: () => 1 })]).plan().resources[0]!.shutdown.ownMs,
  )
})

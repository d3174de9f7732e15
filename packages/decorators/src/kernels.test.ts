import 'reflect-metadata'
import { createKernel, resource, type StartContext, type StopContext } from '@keelson/kernel'
import { replace } from '@keelson/kernel/testing'
import { container, singleton } from 'tsyringe'
import { expect, test, vi } from 'vitest'
import { inject, injectable, OnCheck, OnDrain, OnStart, OnStop, Service, services, Use } from './index.js'

const log: string[] = []

@Service()
class Database {
  readonly kind: string = 'real'
  @OnStart() open() {
    log.push('open')
  }
  @OnCheck() ping() {
    return true
  }
  @OnDrain() drain() {
    log.push('drain')
  }
  @OnStop() close(_ctx: StopContext) {
    log.push('close')
  }
}

@injectable()
class Repository {
  readonly database: Database
  constructor(database: Database) {
    this.database = database
  }
}

/** One in a container, in tsyringe's terms. */
@singleton()
class Ledger {
  readonly database: Database
  constructor(database: Database) {
    this.database = database
  }
}

@Service()
class Orders {
  readonly repository: Repository
  readonly ledger: Ledger
  constructor(repository: Repository, ledger: Ledger) {
    this.repository = repository
    this.ledger = ledger
  }
}

@Service()
class Billing {
  readonly ledger: Ledger
  constructor(ledger: Ledger) {
    this.ledger = ledger
  }
}

test('two kernels of the same classes share nothing; within one, a @singleton between services is one', async () => {
  const [one, two] = await Promise.all([createKernel([Orders, Billing]).start(), createKernel([Orders, Billing]).start()])
  for (const kernel of [one, two]) {
    expect(kernel.get(Orders).ledger).toBe(kernel.get(Billing).ledger)
    expect(kernel.get(Orders).ledger.database).toBe(kernel.get(Database))
    expect(kernel.get(Orders).repository.database).toBe(kernel.get(Database))
  }
  expect(one.get(Orders)).not.toBe(two.get(Orders))
  expect(one.get(Database)).not.toBe(two.get(Database))
  expect(one.get(Orders).ledger).not.toBe(two.get(Orders).ledger)
  await one.shutdown()
  expect(two.get(Orders).ledger.database).toBe(two.get(Database))
  await two.shutdown()
})

test('a second start builds new instances of everything', async () => {
  const kernel = createKernel([Orders, Billing])
  await kernel.start()
  const before = [kernel.get(Database), kernel.get(Orders), kernel.get(Orders).ledger]
  await kernel.shutdown()
  await kernel.start()
  expect(kernel.get(Orders).ledger).toBe(kernel.get(Billing).ledger)
  const after = [kernel.get(Database), kernel.get(Orders), kernel.get(Orders).ledger]
  for (const [i, instance] of after.entries()) expect(instance).not.toBe(before[i])
  await kernel.shutdown()
})

test('a failed start is forgotten as well', async () => {
  let fail = true
  const seen: unknown[] = []
  @Service()
  class Shaky {
    constructor(ledger: Ledger) {
      seen.push(ledger)
    }
    @OnStart() open() {
      if (fail) throw new Error('not yet')
    }
  }
  const kernel = createKernel([Shaky])
  await expect(kernel.start()).rejects.toThrow('not yet')
  fail = false
  await kernel.start()
  expect(seen[1]).not.toBe(seen[0])
  await kernel.shutdown()
})

test('it takes every listener off the kernel again', async () => {
  const kernel = createKernel([Orders, Billing])
  const on = vi.spyOn(kernel, 'on')
  const off = vi.spyOn(kernel, 'off')
  for (let i = 0; i < 2; i++) {
    await kernel.start()
    await kernel.shutdown()
  }
  expect(on.mock.calls.length).toBeGreaterThan(0)
  expect(off.mock.calls).toEqual(on.mock.calls)
})

test('replace() puts a fake in the place of a service for everything above it', async () => {
  log.length = 0
  const fake = { kind: 'fake', open() {}, ping: () => true, drain() {}, close() {} }
  const kernel = await createKernel([Orders], { replace: [replace(Database, fake)] }).start()
  expect(kernel.get(Orders).repository.database).toBe(fake)
  expect(kernel.get(Orders).ledger.database).toBe(fake)
  expect(kernel.get(Database)).toBe(fake)
  await kernel.shutdown()
  expect(log).toEqual([])
})

test('a container handed to the kernel overrides what is registered in it: services, plain classes and tokens', async () => {
  log.length = 0
  const mine = container.createChildContainer()
  const fake = Object.assign(Object.create(Database.prototype) as Database, { kind: 'fake' })
  mine.registerInstance(Database, fake)
  mine.register('REGION', { useValue: 'eu' })
  @Service()
  class Api {
    readonly region: string
    readonly repository: Repository
    constructor(repository: Repository, @inject('REGION') region: string) {
      this.repository = repository
      this.region = region
    }
  }
  const page = resource('page', { dependsOn: { api: Api }, start: ({ api }) => `page ${api.region}` })
  const kernel = await createKernel([page], { replace: services(mine) }).start()
  expect(kernel.get(Api).repository.database).toBe(fake)
  expect([kernel.get(Database), kernel.get(page)]).toEqual([fake, 'page eu'])
  expect(kernel.plan().order).toEqual(['Database', 'Api', 'page'])
  await kernel.shutdown()
  expect(log).toEqual([])

  expect(() => createKernel([Api])).toThrow(/token "REGION", which is not registered/)
})

test('an override may be a class, with dependencies of its own, or a factory, or another service', async () => {
  @Service()
  class Disk {}
  @injectable()
  class MemoryDatabase {
    readonly kind = 'memory'
    readonly disk: Disk
    constructor(disk: Disk) {
      this.disk = disk
    }
  }
  const mine = container.createChildContainer()
  mine.register(Database, { useClass: MemoryDatabase as unknown as typeof Database })
  const kernel = await createKernel([Orders, Billing], { replace: services(mine) }).start()
  const database = kernel.get(Orders).repository.database as unknown as MemoryDatabase
  expect([database.kind, database.disk]).toEqual(['memory', kernel.get(Disk)])
  expect(kernel.get(Billing).ledger.database).toBe(database)
  await kernel.shutdown()

  const factories = container.createChildContainer()
  let made = 0
  factories.register(Database, { useFactory: () => ({ kind: `made ${++made}` }) as Database })
  const second = await createKernel([Orders, Billing], { replace: services(factories) }).start()
  expect([second.get(Orders).repository.database.kind, second.get(Billing).ledger.database.kind, made]).toEqual([
    'made 1',
    'made 1',
    1,
  ])
  await second.shutdown()

  const aliased = container.createChildContainer()
  aliased.register(Database, { useToken: Disk as never })
  const third = await createKernel([Orders], { replace: services(aliased) }).start()
  expect(third.get(Database)).toBe(third.get(Disk))
  await third.shutdown()
})

test('the kernel owns disposal: tsyringe never disposes of what the kernel stops, and no container is disposed of', async () => {
  const calls: string[] = []
  @Service()
  class Pool {
    dispose() {
      calls.push('tsyringe disposed')
    }
    @OnStop() close() {
      calls.push('kernel stopped')
    }
  }
  @injectable()
  class Between {
    readonly pool: Pool
    constructor(pool: Pool) {
      this.pool = pool
    }
    dispose() {
      calls.push('tsyringe disposed a plain class')
    }
  }
  @Service()
  class User {
    constructor(_between: Between) {
      void 0
    }
  }
  const mine = container.createChildContainer()
  const kernel = await createKernel([User], { replace: services(mine) }).start()
  await mine.dispose()
  expect(calls).toEqual([])
  await kernel.shutdown()
  expect(calls).toEqual(['kernel stopped'])
})

test('an instance that the application made in its container before is used, where no service is below it', async () => {
  @singleton()
  class Config {
    region = 'us'
  }
  @Service()
  class Api {
    readonly config: Config
    constructor(config: Config) {
      this.config = config
    }
  }
  const separate = await createKernel([Api]).start()
  container.resolve(Config).region = 'eu'
  const kernel = await createKernel([Api]).start()
  expect([separate.get(Api).config.region, kernel.get(Api).config.region]).toEqual(['us', 'eu'])
  await Promise.all([kernel.shutdown(), separate.shutdown()])
})

test('instances are dropped after stop', async () => {
  const gc = (await import('node:v8')).setFlagsFromString('--expose-gc') ?? (await import('node:vm')).runInNewContext('gc')
  const kernel = createKernel([Orders])
  const refs = await (async () => {
    await kernel.start()
    const found = [new WeakRef(kernel.get(Orders)), new WeakRef(kernel.get(Orders).ledger), new WeakRef(kernel.get(Database))]
    await kernel.shutdown()
    return found
  })()
  for (let i = 0; i < 20 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await new Promise((resolve) => setImmediate(resolve))
    ;(gc as () => void)()
  }
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined])
  expect(kernel.state).toBe('stopped')
})

test('a parameter that is used by two services is one value in a kernel', async () => {
  const limiter = resource('limiter', { start: () => ({}) })
  @Service()
  class A {
    readonly limiter: object
    constructor(@Use(limiter) one: object) {
      this.limiter = one
    }
  }
  @Service()
  class B {
    readonly limiter: object
    constructor(@Use(limiter) one: object) {
      this.limiter = one
    }
  }
  const kernel = await createKernel([A, B]).start()
  expect(kernel.get(A).limiter).toBe(kernel.get(B).limiter)
  await kernel.shutdown()
})

test('a restart rebuilds what hangs on the restarted service and keeps what does not', async () => {
  @singleton()
  class Counter {}
  @Service()
  class Report {
    readonly ledger: Ledger
    readonly counter: Counter
    constructor(ledger: Ledger, counter: Counter) {
      this.ledger = ledger
      this.counter = counter
    }
  }
  @Service()
  class Other {
    readonly counter: Counter
    constructor(counter: Counter) {
      this.counter = counter
    }
  }
  const kernel = await createKernel([Report, Billing, Other]).start()
  const before = { report: kernel.get(Report), other: kernel.get(Other), database: kernel.get(Database) }
  await kernel.restart(Database)
  const report = kernel.get(Report)
  expect(kernel.get(Database)).not.toBe(before.database)
  expect(report).not.toBe(before.report)
  expect(report.ledger).not.toBe(before.report.ledger)
  expect(report.ledger.database).toBe(kernel.get(Database))
  expect(report.ledger).toBe(kernel.get(Billing).ledger)
  expect(report.counter).toBe(before.report.counter)
  expect(kernel.get(Other)).toBe(before.other)
  await kernel.shutdown()
})

test('a restart also rebuilds what a factory made for a shared class', async () => {
  @singleton()
  class Journal {
    readonly store: { database: Database }
    constructor(@inject('STORE') store: { database: Database }) {
      this.store = store
    }
  }
  const mine = container.createChildContainer()
  mine.register('STORE', { useFactory: (c) => ({ database: c.resolve(Database) }) })
  @Service({ dependsOn: { database: Database } })
  class Report {
    readonly journal: Journal
    constructor(journal: Journal) {
      this.journal = journal
    }
  }
  const kernel = await createKernel([Report], { replace: services(mine) }).start()
  expect(kernel.get(Report).journal.store.database).toBe(kernel.get(Database))
  await kernel.restart(Database)
  expect(kernel.get(Report).journal.store.database).toBe(kernel.get(Database))
  await kernel.shutdown()
})

test('restart passes through: a service that crashed is started again', async () => {
  let starts = 0
  @Service({ restart: { attempts: 2, within: 1_000, delay: 1 } })
  class Shaky {
    crash: () => void = () => {}
    @OnStart() open(ctx: StartContext) {
      starts++
      this.crash = () => ctx.crashed(new Error('gone'))
    }
  }
  const kernel = await createKernel([Shaky]).start()
  const first = kernel.get(Shaky)
  const done = new Promise((resolve) => kernel.once('restart:done', resolve))
  first.crash()
  await done
  expect(starts).toBe(2)
  expect(kernel.get(Shaky)).not.toBe(first)
  await kernel.shutdown()
})

import 'reflect-metadata'
import { createKernel, resource } from '@keelson/kernel'
import { replace } from '@keelson/kernel/testing'
import { container, singleton } from 'tsyringe'
import { expect, test } from 'vitest'
import { inject, injectable, OnStop, Service, services } from '../index.js'
import { Billing, Database, log, Orders, Repository } from '../test-support/shop.js'

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

test('what a container gives in the place of a service is not disposed of by the kernel', async () => {
  const calls: string[] = []
  const fake = Object.assign(new Database(), { [Symbol.asyncDispose]: () => calls.push('disposed') })
  const mine = container.createChildContainer()
  mine.registerInstance(Database, fake)
  const kernel = await createKernel([Orders], { replace: services(mine) }).start()
  expect(kernel.get(Database)).toBe(fake)
  await kernel.shutdown()
  expect(calls).toEqual([])
})

test('a service that is also a @singleton() of the container is the service', async () => {
  const stopped: string[] = []
  @singleton()
  @Service()
  class Pool {
    @OnStop() close() {
      stopped.push('stopped')
    }
  }
  await (await createKernel([Pool]).start()).shutdown()
  expect(stopped).toEqual(['stopped'])
})

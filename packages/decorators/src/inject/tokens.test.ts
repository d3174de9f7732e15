import 'reflect-metadata'
import { createKernel, resource } from '@keelson/kernel'
import { container, inject, injectAll, injectable, injectWithTransform, Lifecycle, scoped, singleton } from 'tsyringe'
import { afterEach, expect, test } from 'vitest'
import { Service, Use } from '../index.js'
import { edges } from '../test-support/edges.js'

afterEach(() => container.reset())

const limiter = resource('limiter', { start: () => ({ points: 50 }) })

@Service()
class Database {
  readonly rows = ['a', 'b']
}

test('tokens of the container work: values, classes, aliases and factories', async () => {
  class Sql {
    readonly database: Database
    constructor(database: Database) {
      this.database = database
    }
  }
  injectable()(Sql)
  Reflect.defineMetadata('design:paramtypes', [Database], Sql)
  container.register('CONFIG', { useValue: { region: 'eu' } })
  container.register('STORE', { useClass: Sql })
  container.register('ALIAS', { useToken: 'STORE' })
  container.register('DB', { useToken: Database })
  container.register('NOW', { useFactory: () => 12 })
  @Service()
  class Orders {
    readonly all: unknown[]
    constructor(
      @inject('CONFIG') config: { region: string },
      @inject('ALIAS') store: Sql,
      @inject('DB') database: Database,
      @inject('NOW') now: number,
      @inject('ABSENT', { isOptional: true }) absent: string | undefined,
    ) {
      this.all = [config.region, store.database === database, database, now, absent]
    }
  }
  expect(edges(Orders)).toEqual(['Database'])
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).all).toEqual(['eu', true, kernel.get(Database), 12, undefined])
  await kernel.shutdown()
})

test('a factory may ask for what dependsOn names and the constructor takes, and is told when it asks for anything else', async () => {
  container.register('STORE', { useFactory: (c) => ({ database: c.resolve(Database) }) })
  @Service({ dependsOn: { database: Database } })
  class Named {
    readonly store: { database: Database }
    constructor(@inject('STORE') store: { database: Database }) {
      this.store = store
    }
  }
  @Service()
  class Taken {
    readonly store: { database: Database }
    constructor(@inject('STORE') store: { database: Database }, _database: Database) {
      this.store = store
    }
  }
  @Service()
  class Unnamed {
    constructor(@inject('STORE') _store: { database: Database }) {
      void 0
    }
  }
  const fake = { rows: ['fake'] }
  for (const replace of [[], [(await import('@keelson/kernel/testing')).replace(Database, fake)]]) {
    const kernel = await createKernel([Named, Taken], { replace }).start()
    for (const type of [Named, Taken]) expect(kernel.get(type).store.database).toBe(kernel.get(Database))
    await kernel.shutdown()
  }
  await expect(createKernel([Unnamed]).start()).rejects.toThrow(/asked for "Database", which is not running.*dependsOn/)
})

test('a factory may let tsyringe build a class that uses resources', async () => {
  @injectable()
  class Throttle {
    readonly limiter: { points: number }
    constructor(@Use(limiter) points: { points: number }) {
      this.limiter = points
    }
  }
  container.register('THROTTLE', { useFactory: (c) => c.resolve(Throttle) })
  @Service({ dependsOn: { limiter } })
  class Orders {
    readonly throttle: Throttle
    constructor(@inject('THROTTLE') throttle: Throttle) {
      this.throttle = throttle
    }
  }
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).throttle.limiter).toBe(kernel.get(limiter))
  await kernel.shutdown()
})

test('a service is not made by a container outside of a kernel', () => {
  @Service()
  class Pool {}
  expect(() => container.resolve(Pool)).toThrow(/"Pool" is made by a kernel, not by a container: use kernel\.get\(\)/)
})

test('injectAll gives every registration, services among them; transforms are applied', async () => {
  @Service()
  class Mail {}
  @injectable()
  class Upper {
    transform(value: string, suffix: string) {
      return value.toUpperCase() + suffix
    }
  }
  container.register('CHANNEL', { useClass: Mail })
  container.register('CHANNEL', { useValue: 'sms' })
  container.register('NAME', { useValue: 'shop' })
  @Service()
  class Orders {
    readonly channels: unknown[]
    readonly none: unknown[]
    readonly name: string
    constructor(
      @injectAll('CHANNEL') channels: unknown[],
      @injectAll('NONE', { isOptional: true }) none: unknown[],
      @injectWithTransform('NAME', Upper, '!') name: string,
    ) {
      this.channels = channels
      this.none = none
      this.name = name
    }
  }
  expect(edges(Orders)).toEqual(['Mail'])
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).channels).toEqual([kernel.get(Mail), 'sms'])
  expect([kernel.get(Orders).none, kernel.get(Orders).name]).toEqual([[], 'SHOP!'])
  await kernel.shutdown()
})

test('lifecycles of plain classes: new each time, one per resolution, one per kernel', async () => {
  const made = { each: 0, resolution: 0, container: 0, single: 0 }
  class Each {
    readonly n = ++made.each
  }
  @scoped(Lifecycle.ResolutionScoped)
  class Resolution {
    readonly n = ++made.resolution
  }
  @scoped(Lifecycle.ContainerScoped)
  class Scoped {
    readonly n = ++made.container
  }
  @singleton()
  class Single {
    readonly n = ++made.single
  }
  @injectable()
  class Repository {
    readonly n: number[]
    constructor(each: Each, resolution: Resolution, scope: Scoped, single: Single) {
      this.n = [each.n, resolution.n, scope.n, single.n]
    }
  }
  class Base {
    readonly n: number[]
    constructor(one: Repository, two: Repository) {
      this.n = [...one.n, ...two.n]
    }
  }
  @Service({ inject: [Repository, Repository] })
  class A extends Base {}
  @Service({ inject: [Repository, Repository], after: [A] })
  class B extends Base {}
  const first = await createKernel([A, B]).start()
  expect(first.get(A).n).toEqual([1, 1, 1, 1, 2, 1, 1, 1])
  expect(first.get(B).n).toEqual([3, 2, 1, 1, 4, 2, 1, 1])
  const second = await createKernel([A, B]).start()
  expect(second.get(A).n).toEqual([5, 3, 2, 2, 6, 3, 2, 2])
  await Promise.all([first.shutdown(), second.shutdown()])
})

test('a class that is registered after createKernel() and needs more is refused, not given undefined', async () => {
  @injectable()
  class Sql {
    readonly database: Database
    constructor(database: Database) {
      this.database = database
    }
  }
  container.register('STORE', { useValue: {} })
  @Service()
  class Orders {
    constructor(@inject('STORE') _store: object) {
      void 0
    }
  }
  const kernel = createKernel([Orders])
  container.register('STORE', { useClass: Sql })
  await expect(kernel.start()).rejects.toThrow(/"Database" is needed by what was registered .* after createKernel\(\)/)
})

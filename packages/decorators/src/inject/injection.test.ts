import 'reflect-metadata'
import { createKernel, optional, type Ref, ref, resource } from '@keelson/kernel'
import { container, delay, inject, injectable } from 'tsyringe'
import { afterEach, expect, test } from 'vitest'
import { OnStart, OnStop, Service, Use } from '../index.js'
import { edges } from '../test-support/edges.js'

afterEach(() => container.reset())

const limiter = resource('limiter', { start: () => ({ points: 50 }) })

@Service()
class Database {
  readonly rows = ['a', 'b']
}

test('the constructor is what a service depends on: services by their type, resources by @Use', async () => {
  @Service()
  class Orders {
    readonly database: Database
    readonly limiter: { points: number }
    constructor(database: Database, @Use(limiter) points: { points: number }) {
      this.database = database
      this.limiter = points
    }
  }
  expect(edges(Orders)).toEqual(['Database', 'limiter'])
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).database).toBe(kernel.get(Database))
  expect(kernel.get(Orders).limiter).toBe(kernel.get(limiter))
  await kernel.shutdown()
})

test('a plain injectable class between two services is looked through', async () => {
  @injectable()
  class Mapper {}
  @injectable()
  class Repository {
    readonly database: Database
    readonly mapper: Mapper
    constructor(database: Database, mapper: Mapper) {
      this.database = database
      this.mapper = mapper
    }
  }
  @Service()
  class Orders {
    readonly repository: Repository
    constructor(repository: Repository) {
      this.repository = repository
    }
  }
  expect(edges(Orders)).toEqual(['Database'])
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).repository).toBeInstanceOf(Repository)
  expect(kernel.get(Orders).repository.database).toBe(kernel.get(Database))
  expect(kernel.get(Orders).repository.mapper).toBeInstanceOf(Mapper)
  await kernel.shutdown()
})

test('a plain class may use a resource itself', async () => {
  @injectable()
  class Throttle {
    readonly limiter: { points: number }
    constructor(@Use(limiter) points: { points: number }) {
      this.limiter = points
    }
  }
  @Service()
  class Orders {
    readonly throttle: Throttle
    constructor(throttle: Throttle) {
      this.throttle = throttle
    }
  }
  expect(edges(Orders)).toEqual(['limiter'])
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).throttle.limiter).toBe(kernel.get(limiter))
  await kernel.shutdown()
})

test('optional parameters are undefined when their resource failed; ref parameters follow it', async () => {
  @Service({ impact: 'none' })
  class Cache {
    @OnStart() open() {
      throw new Error('no cache')
    }
  }
  @Service()
  class Flags {}
  @Service()
  class Orders {
    readonly cache: Cache | undefined
    readonly flags: Ref<Flags>
    constructor(@Use(optional(Cache)) cache: Cache | undefined, @Use(ref(Flags)) flags: Ref<Flags>) {
      this.cache = cache
      this.flags = flags
    }
  }
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).cache).toBeUndefined()
  expect(kernel.get(Orders).flags.get()).toBe(kernel.get(Flags))
  const node = kernel.inspect().resources.find(({ name }) => name === 'Orders')!
  expect(node.dependsOn).toMatchObject([
    { resource: 'Cache', kind: 'optional' },
    { resource: 'Flags', kind: 'ref' },
  ])
  await kernel.shutdown()
})

test('a parameter with a default value that cannot be injected keeps it', async () => {
  @Service()
  class Orders {
    readonly retries: number
    readonly database: Database
    constructor(database: Database, retries = 3) {
      this.database = database
      this.retries = retries
    }
  }
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).retries).toBe(3)
  await kernel.shutdown()
})

test('delay names a class that is defined later; the service itself is injected, not a proxy', async () => {
  @Service()
  class Orders {
    readonly later: object
    readonly plain: { id: number }
    constructor(@Use(delay(() => Later)) later: object, @inject(delay(() => Plain)) plain: { id: number }) {
      this.later = later
      this.plain = plain
    }
  }
  @Service()
  class Later {}
  class Plain {
    readonly id = 9
  }
  expect(edges(Orders)).toEqual(['Later'])
  const kernel = await createKernel([Orders]).start()
  expect(kernel.get(Orders).later).toBe(kernel.get(Later))
  expect(kernel.get(Orders).plain.id).toBe(9)
  await kernel.shutdown()
})

test('a resource that is taken twice, also through a class between, is one edge', async () => {
  @injectable()
  class Repository {
    readonly database: Database
    constructor(database: Database) {
      this.database = database
    }
  }
  @Service()
  class Orders {
    readonly all: Database[]
    constructor(repository: Repository, one: Database, two: Database) {
      this.all = [repository.database, one, two]
    }
  }
  expect(edges(Orders)).toEqual(['Database'])
  const kernel = await createKernel([Orders]).start()
  expect(new Set(kernel.get(Orders).all)).toEqual(new Set([kernel.get(Database)]))
  await kernel.shutdown()
})

test('the same resource may be asked for in two ways', async () => {
  @Service({ inject: [Database, ref(Database), optional(Database)] })
  class Orders {
    readonly all: unknown[]
    constructor(database: Database, follow: Ref<Database>, maybe: Database | undefined) {
      this.all = [database, follow.current, maybe]
    }
  }
  const kernel = await createKernel([Orders]).start()
  const database = kernel.get(Database)
  expect(kernel.get(Orders).all).toEqual([database, database, database])
  expect(
    kernel
      .inspect()
      .resources.find(({ name }) => name === 'Orders')!
      .dependsOn.map(({ kind }) => kind),
  ).toEqual(['required', 'ref', 'optional'])
  await kernel.shutdown()
})

test('what a constructor promises is the instance', async () => {
  let seen: unknown
  @Service()
  class Slow {
    ready = false
    constructor() {
      const prepare = async () => {
        await Promise.resolve()
        this.ready = true
        return this
      }
      // biome-ignore lint/correctness/noConstructorReturn: a constructor that cannot wait does this
      return prepare() as never
    }
    @OnStart() open() {
      seen = this
    }
    @OnStop() close() {
      seen = undefined
    }
  }
  const kernel = await createKernel([Slow]).start()
  expect(kernel.get(Slow)).toMatchObject({ ready: true })
  expect(seen).toBe(kernel.get(Slow))
  await kernel.shutdown()
  expect(seen).toBeUndefined()
})

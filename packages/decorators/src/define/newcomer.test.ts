import 'reflect-metadata'
import { createKernel, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { inject as injectOfTsyringe } from 'tsyringe'
import { expect, test } from 'vitest'
import { container, injectable, OnActivate, OnKill, OnQuiesce, OnStart, OnStop, Service, Use } from '../index.js'

const db = resource('db', { start: () => 'db' })

test('activate and quiesce run around the life of everything, kill after a stop that ran out of time', async () => {
  const clock = virtualClock()
  const log: string[] = []
  class Base {
    @OnActivate() async activateBase() {
      log.push('activate base')
    }
    @OnQuiesce() quiesceBase() {
      log.push('quiesce base')
    }
    @OnKill() killBase() {
      log.push('kill base')
    }
  }
  @Service({ timeouts: { stop: 100 } })
  class Consumer extends Base {
    @OnActivate() activate() {
      log.push('activate')
    }
    @OnQuiesce() quiesce() {
      log.push('quiesce')
    }
    @OnStop() stop() {
      return new Promise(() => {})
    }
    @OnKill() kill() {
      log.push('kill')
    }
  }
  const api = resource('api', { dependsOn: { consumer: Consumer }, start: () => log.push('api') })
  const kernel = createKernel([api], { clock })
  await clock.run(kernel.start())
  await expect(clock.run(kernel.shutdown())).rejects.toThrow('did not finish its stop')
  expect(log).toEqual(['api', 'activate base', 'activate', 'quiesce', 'quiesce base', 'kill', 'kill base'])
})

test('R1 a service is tried again: retry is of the first start, with a new instance each', async () => {
  const clock = virtualClock()
  let made = 0
  @Service({ retry: { attempts: 3, delay: 10 }, shared: true, impact: 'unready' })
  class Database {
    readonly number = ++made
    @OnStart() open() {
      if (this.number < 3) throw new Error('connect ECONNREFUSED')
    }
  }
  const kernel = createKernel([Database], { clock })
  await clock.run(kernel.start())
  expect(kernel.get(Database).number).toBe(3)
  await clock.run(kernel.shutdown())
})

test('properties are not injected: @Use on one is refused where it is written', () => {
  const legacy = Use(db) as (prototype: object, name: string) => void
  class Orders {}
  const refusal =
    '@Use on property database: properties are not injected, so that a class is complete once it is constructed; ' +
    'take it in the constructor: constructor(@Use(resource) readonly database: …)'
  expect(() => legacy(Orders.prototype, 'database')).toThrow(refusal)
  const standard = Use(db) as unknown as (value: undefined, context: object) => void
  for (const kind of ['field', 'accessor']) expect(() => standard(undefined, { kind, name: 'database' })).toThrow(refusal)
  expect(() => standard(undefined, { kind: 'method', name: 'find' })).toThrow(
    /@Use on find: only parameters of constructors are injected/,
  )
})

test('properties are not injected: nor by @inject of tsyringe or @Inject of NestJS, in a service or below it', () => {
  class Below {}
  ;(injectOfTsyringe('CONFIG') as (prototype: object, name: string) => void)(Below.prototype, 'config')
  injectable()(Below)
  class Orders {
    constructor(_below: Below) {
      void 0
    }
  }
  Service({ inject: [Below] })(Orders)
  expect(() => createKernel([Orders])).toThrow(/^class Below: @inject on a property: properties are not injected/)

  class Nest {}
  Reflect.defineMetadata('self:properties_metadata', [{ key: 'repository', type: 'REPOSITORY' }], Nest)
  class Derived extends Nest {}
  Service()(Derived)
  expect(() => createKernel([Derived])).toThrow(
    /^class Nest: @Inject on property repository: properties are not injected.*constructor\(@Use\(resource\) readonly repository: …\)/,
  )
})

test('an abstract class is asked for where what extends it is registered for it', async () => {
  abstract class Repository {
    abstract find(): string
  }
  @Service()
  class Stored extends Repository {
    find() {
      return 'found'
    }
  }
  @Service()
  class Orders {
    readonly repository: Repository
    constructor(repository: Repository) {
      this.repository = repository
    }
  }
  container.register(Repository as never, { useToken: Stored })
  const kernel = createKernel([Orders])
  expect(kernel.plan().order).toEqual(['Stored', 'Orders'])
  await kernel.start()
  expect(kernel.get(Orders).repository).toBe(kernel.get(Stored))
  await kernel.shutdown()
})

test('a generic class is one service; each that extends it is another', async () => {
  @Service()
  class Box<T> {
    readonly items: T[] = []
  }
  @Service()
  class Numbers extends Box<number> {}
  @Service({ inject: [Box<string>, Numbers] })
  class Orders {
    readonly texts: Box<string>
    readonly numbers: Box<number>
    constructor(texts: Box<string>, numbers: Box<number>) {
      this.texts = texts
      this.numbers = numbers
    }
  }
  const kernel = await createKernel([Orders]).start()
  const { texts, numbers } = kernel.get(Orders)
  expect([texts === kernel.get(Box<string>), numbers === kernel.get(Numbers)]).toEqual([true, true])
  await kernel.shutdown()
})

test('minified names are told as such, in every message that names classes', () => {
  const below = class e {
    constructor(_: unknown) {
      void 0
    }
  }
  const service = class t {
    constructor(_: object) {
      void 0
    }
  }
  injectable()(below)
  Service({ inject: [below] })(service)
  expect(() => createKernel([service])).toThrow(
    /^class t: parameter 0 of new t\(e\) .*\. These names are minified: have the bundler keep the names of classes \(keepNames of esbuild, keep_classnames of terser and swc\)$/,
  )
  const twin = class t {}
  const other = class t {}
  for (const type of [twin, other]) Service()(type)
  expect(() => createKernel([twin, other])).toThrow(
    `two different resources are named "t"; classes of two files may have one name, minified ones often do: give one another, @Service({ name: 'orders' })`,
  )
})

test('a class that has only the name of its export needs one', () => {
  const nameless = { default: class {} }.default
  expect(nameless.name).toBe('default')
  expect(() => Service()(nameless)).toThrow(/a class without a name/)
  Service({ name: 'orders' })(nameless)
  expect(createKernel([nameless]).plan().order).toEqual(['orders'])
})

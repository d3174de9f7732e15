import { createKernel, type Kernel, type ResourceLike, ref, resource, ShutdownError, StartError } from '@keelson/kernel'
import { replace } from '@keelson/kernel/testing'
import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  HttpException,
  type INestApplication,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  Param,
} from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { appOf, InjectKernel, InjectResource, KeelsonModule, type NestServerOptions, nestServer, resources } from '../index.js'

const silent = { host: '127.0.0.1', options: { logger: false } } as const
const platforms: [string, Pick<NestServerOptions<object>, 'adapter'>][] = [
  ['Express', {}],
  ['Fastify', { adapter: () => new FastifyAdapter() }],
]

async function started<T extends ResourceLike>(target: T, more: ResourceLike[] = []): Promise<Kernel> {
  const kernel = createKernel([target, ...more])
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  return await kernel.start()
}

function store(log: string[]) {
  let instances = 0
  return resource('db', {
    start: () => {
      const found = `found by ${++instances}`
      return { find: () => found }
    },
    stop: () => void log.push('db stopped'),
  })
}

interface Store {
  find(): string
}

describe.each(platforms)('on %s', (_, platform) => {
  it('injects resources, drains while providers live, calls their hooks in the order of Nest, and then stops what they use', async () => {
    const log: string[] = []
    const db = store(log)
    let finish = () => {}
    const asked = deferred()

    @Injectable()
    class Orders
      implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
    {
      constructor(@InjectResource(db) readonly db: Store) {}
      onModuleInit() {
        log.push('init')
      }
      onApplicationBootstrap() {
        log.push('bootstrap')
      }
      onModuleDestroy() {
        log.push('destroy')
      }
      beforeApplicationShutdown(signal?: string) {
        log.push(`before ${signal}`)
      }
      onApplicationShutdown(signal?: string) {
        log.push(`after ${signal}`)
      }
    }

    @Controller()
    class OrdersController {
      constructor(readonly orders: Orders) {}
      @Get('orders/:id')
      async order(@Param('id') id: string) {
        asked.resolve()
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        log.push('answered')
        return `${id}: ${this.orders.db.find()}`
      }
    }

    @Module({ controllers: [OrdersController], providers: [Orders] })
    class AppModule {}

    const api = nestServer('api', { ...silent, ...platform, module: AppModule })
    const kernel = await started(api)
    const { url } = kernel.get(api)
    const answer = fetch(`${url}/orders/7`).then((res) => res.text())
    await asked.promise
    const report = kernel.shutdown('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 50))
    finish()
    expect(await answer).toBe('7: found by 1')
    expect((await report).errors).toEqual([])
    expect(log).toEqual(['init', 'bootstrap', 'answered', 'destroy', 'before SIGTERM', 'after SIGTERM', 'db stopped'])
  })

  it('tells every error of the hooks at the end, and calls all of them', async () => {
    const log: string[] = []

    @Injectable()
    class Cache implements OnModuleDestroy, OnApplicationShutdown {
      onModuleDestroy() {
        throw new Error('no connection')
      }
      onApplicationShutdown() {
        log.push('cache closed')
      }
    }

    @Injectable()
    class Queue implements BeforeApplicationShutdown {
      async beforeApplicationShutdown() {
        throw 'no channel'
      }
    }

    @Module({ providers: [Cache, Queue, { provide: 'other', useFactory: () => ({ onModuleDestroy: () => log.push('other') }) }] })
    class AppModule {}

    const kernel = await started(nestServer('api', { ...silent, ...platform, module: AppModule }))
    const error = await kernel.shutdown().catch((thrown: ShutdownError) => thrown)
    expect((error as ShutdownError).errors.map(({ message }) => message)).toEqual([
      'resource "api" failed to stop: Cache.onModuleDestroy() failed: no connection',
      'resource "api" failed to stop: Queue.beforeApplicationShutdown() failed: no channel',
    ])
    expect(log).toEqual(['other', 'cache closed'])
  })

  it('D4 gives up a hook that does not end, names it, and stops what the app depends on', async () => {
    const log: string[] = []
    const db = store(log)

    @Injectable()
    class Stuck implements OnModuleDestroy {
      constructor(@InjectResource(db) readonly db: Store) {}
      onModuleDestroy() {
        return new Promise<void>(() => {})
      }
    }

    const broken = { onModuleDestroy: () => Promise.reject(new Error('too late')) }

    @Module({ providers: [Stuck, { provide: 'broken', useFactory: () => broken }] })
    class AppModule {}

    const api = nestServer('api', { ...silent, ...platform, module: AppModule, timeouts: { stop: 100 } })
    const kernel = await started(api)
    const error = (await kernel.shutdown().catch((thrown: unknown) => thrown)) as ShutdownError
    expect(error.errors.map(({ code }) => code)).toEqual(['TIMEOUT', 'STOP_FAILED'])
    expect(error.errors[1]!.message).toContain('broken.onModuleDestroy() failed: too late; Stuck.onModuleDestroy() did not end')
    expect(log).toEqual(['db stopped'])
  })

  it('a start that fails in a hook is one error that names it, and ends no process', async () => {
    const log: string[] = []
    const db = store(log)

    @Injectable()
    class Broken implements OnModuleInit {
      constructor(@InjectResource(db) readonly db: Store) {}
      onModuleInit() {
        throw new Error('no schema')
      }
      onModuleDestroy() {
        log.push('destroyed')
      }
    }

    @Module({ providers: [Broken] })
    class AppModule {}

    const error = await createKernel([nestServer('api', { ...silent, ...platform, module: AppModule })])
      .start()
      .catch((thrown: unknown) => thrown)
    expect((error as StartError).errors.map(({ message }) => message)).toEqual([
      'resource "api" failed to start in its step Broken.onModuleInit(): no schema',
    ])
    expect(log).toEqual(['destroyed', 'db stopped'])
  })

  it('a provider that cannot be resolved is one error, too', async () => {
    @Injectable()
    class Lost {
      constructor(@Inject('nowhere') readonly it: unknown) {}
    }

    @Module({ providers: [Lost] })
    class AppModule {}

    const start = createKernel([nestServer('api', { ...silent, ...platform, module: AppModule })]).start()
    await expect(start).rejects.toMatchObject({ errors: [{ code: 'START_FAILED', resource: 'api' }] })
  })

  it('refuses the signal hooks of Nest with one line', async () => {
    const before = process.listenerCount('SIGTERM')
    const lines: string[] = []
    const logger = { log: () => {}, error: () => {}, warn: (line: string) => void lines.push(line) }
    onTestFinished(() => Logger.overrideLogger(['log', 'warn', 'error']))

    @Module({})
    class Part {}

    @Module({ imports: [Part] })
    class AppModule {}

    const setup = (app: INestApplication) => {
      expect(app.enableShutdownHooks()).toBe(app)
      app.select(Part).enableShutdownHooks()
    }
    await started(nestServer('api', { host: '127.0.0.1', ...platform, module: AppModule, options: { logger }, setup }))
    expect(process.listenerCount('SIGTERM')).toBe(before)
    expect(lines).toEqual([
      'enableShutdownHooks() does nothing: run() of @keelson/node handles signals, and the hooks of providers are called at every shutdown; take the call out',
    ])
  })

  it('is the app that Nest would have made: getUrl(), HttpAdapterHost, strict look-ups, a prefix, filters', async () => {
    @Injectable()
    class Own {}

    @Controller('teapot')
    class Teapot {
      @Get()
      pour() {
        throw new HttpException('short and stout', 418)
      }
    }

    @Module({ providers: [Own], controllers: [Teapot] })
    class AppModule {}

    const api = nestServer('api', {
      ...silent,
      ...platform,
      module: AppModule,
      setup: (app) => void app.setGlobalPrefix('v1'),
    })
    const kernel = await started(api)
    const app = appOf(kernel.get(api))
    expect(await app.getUrl()).toBe(kernel.get(api).url)
    expect(app.get(HttpAdapterHost).listening).toBe(true)
    expect(app.get(Own, { strict: true })).toBeInstanceOf(Own)
    expect(app.select(AppModule).get(Own, { strict: true })).toBeInstanceOf(Own)
    expect((await fetch(`${kernel.get(api).url}/v1/teapot`)).status).toBe(418)
    expect(kernel.get(api).server.keepAliveTimeout).toBeGreaterThan(60_000)
    expect(() => appOf({ server: {} } as never)).toThrow('appOf() takes the value of a nestServer()')
  })

  it.each(['at once', 'later'])('says in one error that setup called listen(), %s', async (when) => {
    @Module({})
    class AppModule {}

    const setup = async (app: INestApplication) => {
      if (when === 'later') await null
      await app.listen(0)
    }
    const start = createKernel([nestServer('api', { ...silent, ...platform, module: AppModule, setup })]).start()
    await expect(start).rejects.toMatchObject({
      errors: [{ message: expect.stringContaining('failed to start: listen() is called by nestServer()') }],
    })
  })
})

it('gives resources under tokens of the user, follows a ref through restarts, and makes the app anew for a value', async () => {
  const log: string[] = []
  const [db, cache] = [store(log), resource('cache', { start: () => ({ at: log.push('cache') }) })]
  const CACHE = Symbol('CACHE')
  let made = 0

  @Injectable()
  class Orders {
    @InjectResource(ref(cache)) readonly same!: { current: { at: number } | undefined }
    constructor(
      @Inject('DB') readonly db: Store,
      @Inject(CACHE) readonly cache: { current: { at: number } | undefined },
      @InjectKernel() readonly kernel: { state: string },
    ) {
      made++
    }
  }

  @Module({ providers: [Orders, ...resources({ [CACHE]: ref(cache) })] })
  class OrdersModule {}

  @Module({ imports: [KeelsonModule.forRoot({ DB: db }), OrdersModule] })
  class AppModule {}

  const api = nestServer('api', { ...silent, module: AppModule })
  const kernel = await started(api)
  const orders = () => appOf(kernel.get(api)).get(Orders)
  expect(kernel.plan().order).toEqual(['db', 'cache', 'api'])
  expect([orders().db.find(), orders().cache.current?.at, orders().kernel.state]).toEqual(['found by 1', 1, 'running'])
  await kernel.restart(cache)
  expect([made, orders().cache.current?.at, orders().same]).toEqual([1, 2, orders().cache])
  await kernel.restart(db)
  expect([made, orders().db.find()]).toEqual([2, 'found by 2'])
})

it('makes the module from the values of dependsOn, at each start', async () => {
  const config = resource('config', { start: () => ({ greeting: 'hello' }) })

  @Controller()
  class Greeter {
    constructor(@Inject('greeting') readonly greeting: string) {}
    @Get()
    greet() {
      return this.greeting
    }
  }

  class AppModule {}

  const api = nestServer('api', {
    ...silent,
    dependsOn: { config },
    module: ({ config }) => ({
      module: AppModule,
      controllers: [Greeter],
      providers: [{ provide: 'greeting', useValue: config.greeting }],
    }),
  })
  const kernel = await started(api)
  expect(await (await fetch(kernel.get(api).url)).text()).toBe('hello')
})

it('what stands in for a resource is injected in its place', async () => {
  const db = store([])

  @Injectable()
  class Orders {
    constructor(@InjectResource(db) readonly db: Store) {}
  }

  @Module({ providers: [Orders] })
  class AppModule {}

  const api = nestServer('api', { ...silent, module: AppModule })
  const kernel = createKernel([api], { replace: [replace(db, { find: () => 'a fake' })] })
  onTestFinished(async () => void (await kernel.shutdown()))
  await kernel.start()
  expect(appOf(kernel.get(api)).get(Orders).db.find()).toBe('a fake')
})

it('calls nothing of a resource that is named like a hook', async () => {
  const onModuleInit = vi.fn()
  const odd = resource('odd', { start: () => ({ onModuleInit, onModuleDestroy: onModuleInit }), stop: () => {} })

  @Injectable()
  class User {
    constructor(@InjectResource(odd) readonly odd: unknown) {}
  }

  @Module({ providers: [User] })
  class AppModule {}

  const kernel = await started(nestServer('api', { ...silent, module: AppModule }))
  await kernel.shutdown()
  expect(onModuleInit).not.toHaveBeenCalled()
})

it('refuses what it cannot work with', () => {
  class AppModule {}
  const invalid = (options: object) => expect(() => nestServer('api', options as never))
  invalid({}).toThrow('resource "api": module is missing; add module: AppModule')
  invalid({ module: 'app' }).toThrow(
    'module must be a class with @Module(), a dynamic module or a function that makes one, not a',
  )
  invalid({ module: AppModule, tls: {} }).toThrow('tls is not an option: give options: { httpsOptions')
  invalid({ module: AppModule, adapter: new FastifyAdapter() }).toThrow('adapter must be a function, not an object')
  invalid({ module: AppModule, prot: 80 }).toThrow('prot is not an option; there are dependsOn, after, module,')
  expect(() => InjectResource(undefined as never)).toThrow('its resource is undefined')
  expect(() => resources({ DB: undefined as never })).toThrow('DB is undefined')
})

function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

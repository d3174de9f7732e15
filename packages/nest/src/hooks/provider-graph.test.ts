import { createKernel, type Kernel, type ResourceLike, resource, type ShutdownError, type StartError } from '@keelson/kernel'
import { forwardRef, Global, Inject, Injectable, Module, Scope } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import { expect, it, onTestFinished } from 'vitest'
import { AsResource, DependsOn, InjectResource, type NestServerOptions, nestServer } from '../index.js'

const log: string[] = []

/** A class with all five hooks, each of which writes itself down. */
function hooked(name: string) {
  const write = (hook: string) => () => void log.push(`${name} ${hook}`)
  abstract class Base {
    onModuleInit(): unknown {
      return write('init')()
    }
    onApplicationBootstrap(): unknown {
      return write('bootstrap')()
    }
    beforeApplicationShutdown(_signal?: string): unknown {
      return write('before')()
    }
    onModuleDestroy(): unknown {
      return write('destroy')()
    }
    onApplicationShutdown(_signal?: string): unknown {
      return write('shutdown')()
    }
  }
  return Base
}

async function started(module: unknown, options: Partial<NestServerOptions<object>> = {}) {
  log.length = 0
  const api = nestServer('api', { host: '127.0.0.1', options: { logger: false }, module: module as never, ...options })
  const kernel: Kernel = createKernel([api as ResourceLike])
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  await kernel.start()
  return { kernel, api, names: () => kernel.inspect().resources.map(({ name }) => name) }
}

/** Of the lines that the log has, those about these. */
const about = (...words: string[]) => log.filter((line) => words.some((word) => line.includes(word)))

it('starts and stops declared providers, and what is below them, in the order of their dependencies, and leaves the rest to Nest', async () => {
  const db = resource('db', { start: () => 1, stop: () => void log.push('db stopped') })

  @Injectable()
  class Connection extends hooked('connection') {
    constructor(@InjectResource(db) readonly db: number) {
      super()
    }
  }

  @Injectable()
  class Repository {
    constructor(readonly connection: Connection) {}
  }

  @DependsOn()
  @Injectable()
  class Consumer extends hooked('consumer') {
    constructor(readonly repository: Repository) {
      super()
    }
  }

  @Injectable()
  class Reports extends hooked('reports') {
    constructor(readonly consumer: Consumer) {
      super()
    }
  }

  @Module({ providers: [Reports, Consumer, Repository, Connection] })
  class AppModule {}

  const { kernel, names } = await started(AppModule)
  expect(names()).toEqual(['db', 'api/Connection', 'api/Consumer', 'api'])
  const report = await kernel.shutdown('SIGTERM')
  expect(report.outcomes.map(({ resource }) => resource)).toEqual(['api', 'api/Consumer', 'api/Connection', 'db'])
  expect(log).toEqual([
    'connection init',
    'consumer init',
    'reports init',
    'reports bootstrap',
    'connection bootstrap',
    'consumer bootstrap',
    'reports destroy',
    'reports before',
    'reports shutdown',
    'consumer before',
    'consumer destroy',
    'consumer shutdown',
    'connection before',
    'connection destroy',
    'connection shutdown',
    'db stopped',
  ])
})

it('knows what is declared, what properties and factories are given, and what modules import; a circle loses one edge', async () => {
  @Injectable()
  class Late extends hooked('late') {}

  @Injectable()
  class Left extends hooked('left') {
    constructor(@Inject(forwardRef(() => Right)) readonly right: unknown) {
      super()
    }
  }

  @Injectable()
  class Right extends hooked('right') {
    constructor(@Inject(forwardRef(() => Left)) readonly left: unknown) {
      super()
    }
  }

  @Global()
  @Module({ providers: [Late], exports: [Late] })
  class Base extends hooked('base') {}

  class Made extends hooked('made') {}

  @DependsOn(Late)
  @Injectable()
  class Looker extends hooked('looker') {
    @Inject('made') readonly made!: Made
    constructor(readonly modules: ModuleRef) {
      super()
    }
  }

  @Module({
    providers: [
      Looker,
      Left,
      Right,
      { provide: 'made', useFactory: (left: Left) => Object.assign(new Made(), { left }), inject: ['alias'] },
      { provide: 'alias', useExisting: Left },
    ],
  })
  class Feature {}

  @Module({ imports: [Feature, Base] })
  class AppModule extends hooked('app') {}

  const { kernel, names } = await started(AppModule, { hooks: 'graph' })
  expect(names().sort()).toEqual([
    'api',
    'api/AppModule',
    'api/Base',
    'api/Late',
    'api/Left',
    'api/Looker',
    'api/Right',
    'api/made',
  ])
  const inits = about('init')
  const before = (a: string, b: string) => expect(inits.indexOf(`${a} init`)).toBeLessThan(inits.indexOf(`${b} init`))
  before('late', 'base')
  before('late', 'looker')
  before('left', 'made')
  before('made', 'looker')
  before('base', 'app')
  before('looker', 'app')
  await kernel.shutdown()
  expect(about('destroy')).toEqual(inits.map((line) => line.replace('init', 'destroy')).reverse())
})

it('D4 gives each its own timeouts; one that hangs is told by its name, and what is below it stops all the same', async () => {
  @Injectable()
  class Below extends hooked('below') {}

  @AsResource({ timeouts: { stop: 50 }, labels: { team: 'billing' } })
  @Injectable()
  class Stuck extends hooked('stuck') {
    constructor(readonly below: Below) {
      super()
    }
    override onModuleDestroy() {
      return new Promise(() => {})
    }
  }

  @Module({ providers: [Stuck, Below] })
  class AppModule {}

  const { kernel } = await started(AppModule)
  expect(kernel.inspect().resources.find(({ name }) => name === 'api/Stuck')?.labels).toEqual({ team: 'billing' })
  const error = (await kernel.shutdown().catch((thrown: unknown) => thrown)) as ShutdownError
  expect(error.errors).toMatchObject([{ code: 'TIMEOUT', resource: 'api/Stuck', phase: 'stop' }])
  expect(about('below')).toContain('below shutdown')
})

it('tells both errors of a stop, and calls the second hook after the first has failed', async () => {
  @AsResource()
  @Injectable()
  class Broken extends hooked('broken') {
    override onModuleDestroy() {
      throw new Error('no channel')
    }
    override onApplicationShutdown() {
      throw new Error('no connection')
    }
  }

  @Module({ providers: [Broken] })
  class AppModule {}

  const { kernel } = await started(AppModule)
  const error = (await kernel.shutdown().catch((thrown: unknown) => thrown)) as ShutdownError
  expect(error.errors.map(({ message }) => message)).toEqual(['resource "api/Broken" failed to stop: no channel, no connection'])
})

it('S3 a provider that does not start is one error of its own; the app is closed before those that had started stop', async () => {
  @Injectable()
  class Below extends hooked('below') {}

  @Injectable()
  class Other extends hooked('other') {
    constructor(readonly below: Below) {
      super()
    }
  }

  @DependsOn(Below)
  @Injectable()
  class Broken extends hooked('broken') {
    override onModuleInit() {
      throw new Error('no queue')
    }
  }

  @Module({ providers: [Broken, Below, Other] })
  class AppModule {}

  const error = (await started(AppModule).catch((thrown: unknown) => thrown)) as StartError
  expect(error.errors[0]).toMatchObject({ resource: 'api/Broken', message: expect.stringContaining('no queue') })
  expect(about('below')).toEqual(['below init', 'below before', 'below destroy', 'below shutdown'])
  expect(about('broken')).toEqual([])
})

it('S3 an app whose own hook fails is closed before its parts stop', async () => {
  @AsResource()
  @Injectable()
  class Part extends hooked('part') {}

  @Injectable()
  class Own extends hooked('own') {
    constructor(readonly part: Part) {
      super()
    }
    override onModuleInit() {
      throw new Error('no schema')
    }
  }

  @Module({ providers: [Part, Own] })
  class AppModule {}

  await expect(started(AppModule)).rejects.toMatchObject({ errors: [{ resource: 'api' }] })
  expect(log).toEqual(['part init', 'own destroy', 'own before', 'own shutdown', 'part before', 'part destroy', 'part shutdown'])
})

it('makes them anew when the app restarts', async () => {
  let made = 0

  @AsResource()
  @Injectable()
  class Part extends hooked('part') {
    readonly nth = ++made
  }

  @Module({ providers: [Part] })
  class AppModule {}

  const { kernel, api, names } = await started(AppModule)
  await kernel.restart(api as ResourceLike)
  expect(made).toBe(2)
  expect(names()).toEqual(['api/Part', 'api'])
  expect(about('part').slice(0, 7)).toEqual([
    'part init',
    'part bootstrap',
    'part before',
    'part destroy',
    'part shutdown',
    'part init',
    'part bootstrap',
  ])
})

it('leaves to Nest what is made for each request or each consumer', async () => {
  @Injectable({ scope: Scope.TRANSIENT })
  class Transient extends hooked('transient') {}

  @Injectable({ scope: Scope.REQUEST })
  class PerRequest extends hooked('request') {}

  @Injectable()
  class User extends hooked('user') {
    constructor(readonly transient: Transient) {
      super()
    }
  }

  @Module({ providers: [Transient, PerRequest, User] })
  class AppModule {}

  const { kernel, names } = await started(AppModule, { hooks: 'graph' })
  expect(names()).toEqual(['api/User', 'api'])
  await kernel.shutdown()
  expect(about('transient')).toEqual([
    'transient init',
    'transient bootstrap',
    'transient destroy',
    'transient before',
    'transient shutdown',
  ])
  expect(about('request')).toEqual([])
})

it('says which declared provider there is none of, and where one is undefined', async () => {
  class Nowhere {}

  @DependsOn(Nowhere)
  @Injectable()
  class Lost extends hooked('lost') {}

  @Module({ providers: [Lost] })
  class AppModule {}

  await expect(started(AppModule)).rejects.toMatchObject({
    errors: [{ message: expect.stringContaining('@DependsOn() of Lost: Nowhere is no provider of this app') }],
  })
  expect(() => DependsOn(undefined as never)(Lost)).toThrow('@DependsOn() of Lost: its argument 0 is undefined')
})

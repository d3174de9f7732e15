import { optional, ref, resource } from '@keelson/kernel'
import { Controller, forwardRef, Get, Inject, Injectable, Module, UseGuards, UseInterceptors } from '@nestjs/common'
import { expect, it } from 'vitest'
import { appDependencies } from './app-dependencies.js'
import { foundDependencies } from './found-dependencies.js'
import { type Injected, InjectResource } from './inject-resource.js'
import { KeelsonModule } from './keelson-module.js'
import { resourceToken } from './resource-token.js'
import { resources } from './resources.js'

const named = (name: string) => resource(name, { start: () => ({ name }) })
type Named = Injected<ReturnType<typeof named>>

it('finds what providers, controllers and factories ask for, in all modules, whichever way they are imported', () => {
  const [a, b, c, d, e, f, g, h] = 'abcdefgh'.split('').map(named)

  @Injectable()
  class Service {
    @InjectResource(ref(b!)) readonly b!: { current: Named | undefined }
    constructor(@InjectResource(a!) readonly a: Named) {}
  }

  @Controller()
  class Home {
    constructor(@Inject(forwardRef(() => resourceToken(c!))) readonly c: Named) {}
  }

  @Module({ imports: [forwardRef(() => Root)], controllers: [Home] })
  class Inner {
    constructor(@InjectResource(optional(d!)) readonly d: Named | undefined) {}
  }

  class Dynamic {}

  @Module({
    imports: [
      forwardRef(() => Inner),
      KeelsonModule.forRoot({ E: e! }),
      { module: Dynamic, imports: [KeelsonModule.forRoot({ H: h! })], providers: resources({ F: f! }) },
      Promise.resolve({ module: Dynamic }),
    ],
    providers: [
      { provide: 'service', useClass: Service },
      { provide: 'made', useFactory: () => 1, inject: [{ token: resourceToken(g!), optional: true }, 'other'] },
    ],
  })
  class Root {}

  const found = foundDependencies(Root).map((dependency) => ('kind' in dependency ? dependency.kind : ''))
  expect(found).toHaveLength(8)
  expect(found.filter(Boolean).sort()).toEqual(['optional', 'ref'])
  expect(Object.keys(appDependencies({}, Root)).sort()).toEqual('abcdefgh'.split(''))
})

it('finds what guards and interceptors ask for, on classes and on methods', () => {
  const [sessions, audit] = [named('sessions'), named('audit')]

  @Injectable()
  class Guard {
    constructor(@InjectResource(sessions) readonly sessions: Named) {}
    canActivate() {
      return true
    }
  }

  @Injectable()
  class Audit {
    constructor(@InjectResource(audit) readonly audit: Named) {}
    intercept(_: unknown, next: { handle(): never }) {
      return next.handle()
    }
  }

  @UseGuards(Guard)
  @Controller()
  class Home {
    @UseInterceptors(Audit, new Audit({ name: 'made by hand' }))
    @Get()
    home() {}
  }

  @Module({ controllers: [Home] })
  class Root {}

  expect(foundDependencies(Root)).toEqual([sessions, audit])
})

it('takes what the options name as it is named there, and gives each of the others a key of its own', () => {
  const db = named('db')
  const other = named('db')
  const providers = resources({ ONE: db, TWO: other, THREE: ref(db) })
  const all = appDependencies({ store: db }, { module: class {}, providers })
  expect(Object.keys(all)).toEqual(['store', 'db', 'db 2'])
  expect(appDependencies({ db: other }, { module: class {}, providers: resources({ ONE: db }) })).toEqual({
    db: other,
    'db 2': db,
  })
})

it('is typed: of a public property TypeScript sees whether it fits', () => {
  const db = named('db')

  class Fits {
    @InjectResource(db) readonly db!: { name: string }
    @InjectResource(ref(db)) readonly live!: { get(): { name: string } }
    // @ts-expect-error: it is no number.
    @InjectResource(db) readonly wrong!: number
    @InjectResource(db) private readonly hidden!: { name: string }
    shown = () => this.hidden
    constructor(@InjectResource(db) readonly given: Injected<typeof db>) {}
  }

  const { name }: Named = new Fits({ name: 'x' }).given
  expect(name).toBe('x')
})

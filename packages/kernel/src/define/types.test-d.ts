// Compiled, never run: what must hold at compile time. `@ts-expect-error` marks what must not compile.
import {
  createKernel,
  type Dependencies,
  type KernelEvent,
  type OptionalDependency,
  optional,
  type Ref,
  type RefDependency,
  type Resource,
  type ResourceLike,
  type ResourceOptions,
  ref,
  resource,
  resourceOf,
  type Values,
} from '../index.js'
import { replace } from '../testing.js'

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
declare function same<A, B>(proof: Equal<A, B>): void

class Pool {
  query(_sql: string): Promise<string[]> {
    return Promise.resolve([])
  }
}

// The type of a resource is what start resolves to; check, drain, stop and kill receive it.
export const db = resource('db', {
  start: async () => new Pool(),
  check: (pool) => {
    same<typeof pool, Pool>(true)
    return pool.query('select 1')
  },
  drain: (pool, { deadline, reason }) => {
    same<typeof pool, Pool>(true)
    same<typeof deadline, number>(true)
    same<typeof reason, string>(true)
  },
  stop: (pool, { signal }) => {
    same<typeof pool, Pool>(true)
    same<typeof signal, AbortSignal>(true)
  },
  kill: (pool) => same<typeof pool, Pool>(true),
})
same<typeof db, Resource<Pool>>(true)

export const count = resource('count', { start: () => 5 })
same<typeof count, Resource<number>>(true)
export const nothing = resource('nothing', { start: () => {} })
same<typeof nothing, Resource<void>>(true)

// A thenable is awaited in the types as it is at run time.
export const lazy = resource('lazy', { start: (): PromiseLike<'x'> => Promise.resolve('x') })
same<typeof lazy, Resource<'x'>>(true)

// A class that stands for a resource gives its instances.
abstract class Mailer {
  readonly host: string
  constructor(host: string) {
    this.host = host
  }
  abstract send(to: string): void
}

export const api = resource('api', {
  dependsOn: { db, count, maybe: optional(count), live: ref(db), mailer: Mailer, maybeMailer: optional(Mailer) },
  start: (deps, { signal, defer, extend, healthy, unhealthy, crashed, kernel, name }) => {
    same<typeof deps.db, Pool>(true)
    same<typeof deps.count, number>(true)
    same<typeof deps.maybe, number | undefined>(true)
    same<typeof deps.live, Ref<Pool>>(true)
    same<typeof deps.live.current, Pool | undefined>(true)
    same<ReturnType<typeof deps.live.get>, Pool>(true)
    same<typeof deps.mailer, Mailer>(true)
    same<typeof deps.maybeMailer, Mailer | undefined>(true)
    // @ts-expect-error a field that was not asked for
    deps.cache
    // @ts-expect-error the values are not to be replaced
    deps.db = new Pool()
    // @ts-expect-error optional may be undefined
    deps.maybe.toFixed()
    // @ts-expect-error a hook does not reach other resources
    kernel.get(db)
    return { signal, defer, extend, healthy, unhealthy, crashed, name }
  },
  after: [Mailer, db],
})

// @ts-expect-error a field that is not among the dependencies
resource('typo', { dependsOn: { db }, start: ({ bd }) => bd })
// @ts-expect-error no dependencies: no fields
resource('none', { start: ({ db }) => db })
// @ts-expect-error start is missing
resource('empty', { stop: () => {} })
// @ts-expect-error options are missing
resource('bare')
// @ts-expect-error a dependency that is no resource
resource('bad', { dependsOn: { db: 5 }, start: () => 1 })
// @ts-expect-error after takes resources
resource('bad', { after: ['db'], start: () => 1 })
// @ts-expect-error an impact that does not exist
resource('bad', { start: () => 1, impact: 'unreedy' })
// @ts-expect-error an option that does not exist
resource('bad', { start: () => 1, stopp: () => {} })
// @ts-expect-error a timeout that is no number
resource('bad', { start: () => 1, timeouts: { stop: '5s' } })
// @ts-expect-error a stop that takes something else
resource('bad', { start: () => 1, stop: (value: string) => value })

// Late-bound dependencies keep their types.
export const late = resource('late', {
  get dependsOn() {
    return { db }
  },
  start: ({ db }) => {
    same<typeof db, Pool>(true)
    return db
  },
})
same<typeof late, Resource<Pool>>(true)

// Dependencies may be declared as an interface, which has no index signature.
interface Deps {
  db: Resource<Pool>
  readonly count: Resource<number>
  maybe: OptionalDependency<number>
  live: RefDependency<Pool>
}
declare const deps: Deps
export const declared = resource('declared', {
  dependsOn: deps,
  start: ({ db, count, maybe, live }) => {
    same<typeof db, Pool>(true)
    same<typeof count, number>(true)
    same<typeof maybe, number | undefined>(true)
    same<typeof live, Ref<Pool>>(true)
    return db
  },
})
same<typeof declared, Resource<Pool>>(true)
export const declaredOptions: ResourceOptions<Pool, Deps> = { dependsOn: deps, start: ({ db }) => db }
export function taking<const D extends Dependencies<D>>(dependsOn: D, start: (deps: Values<D>) => Pool): Resource<Pool> {
  return resource('taking', { dependsOn, start: (deps) => start(deps) })
}
taking(deps, ({ db }) => db)
taking({ db, live: ref(db) }, ({ live }) => live.get())
interface NotDeps {
  db: number
}
declare const notDeps: NotDeps
// @ts-expect-error an interface with something that is no resource
resource('bad', { dependsOn: notDeps, start: () => 1 })

// The type of the value is told where start returns it: to name it before would leave the dependencies to be named, too.
export const told = resource('told', { dependsOn: { db }, start: ({ db }): { find: Pool['query'] } => ({ find: db.query }) })
same<typeof told, Resource<{ find: Pool['query'] }>>(true)

same<Values<{ db: typeof db; live: ReturnType<typeof ref<number>> }>, { readonly db: Pool; readonly live: Ref<number> }>(true)

// Values come out of a kernel with their type.
const kernel = createKernel([api, db, Mailer])
same<ReturnType<typeof kernel.get<Pool>>, Pool>(true)
export const pool: Pool = kernel.get(db)
export const mailer: Mailer = kernel.get(Mailer)
same<typeof pool, Pool>(true)
// @ts-expect-error a pool is no number
export const wrong: number = kernel.get(db)
// @ts-expect-error a kernel takes resources
createKernel([5])
// @ts-expect-error resources come in an iterable
createKernel(db)
// @ts-expect-error an option that does not exist
createKernel([], { concurency: 5 })
kernel.register(db).register(api, Mailer)
export const chained: Promise<typeof kernel> = kernel.start()

// Events are told apart by their type.
kernel.on('kernel:state', ({ from, to, at }) => {
  same<typeof from, typeof to>(true)
  same<typeof at, number>(true)
})
kernel.on('event', (event) => {
  same<typeof event, KernelEvent>(true)
  if (event.type === 'check:result') same<typeof event.ok, boolean>(true)
  // @ts-expect-error not every event is about a resource
  event.resource
})
// @ts-expect-error an event that does not exist
kernel.on('kernel:stat', () => {})

// A stand-in has the type of what it stands for.
replace(db, new Pool())
replace(db, resource('fake', { start: () => new Pool() }))
replace(db, resource('fake', { start: async () => Object.assign(new Pool(), { more: 1 }) }))
replace(db, { query: async () => ['row'] })
// @ts-expect-error a number is no pool
replace(db, 5)
// @ts-expect-error a resource of numbers is no pool
replace(db, count)
// @ts-expect-error a method is missing
replace(db, {})

// A resource of a narrower type serves where a wider one is asked for, not the reverse.
export const wider: Resource<{ query: Pool['query'] }> = db
export const like: ResourceLike<object> = db
// @ts-expect-error an object is no pool
export const narrower: Resource<Pool> = resource('x', { start: (): object => ({}) })
same<ReturnType<typeof resourceOf<Mailer>>, Resource<Mailer>>(true)
export const ofClass: Resource<Mailer> = resourceOf(Mailer)

export const options: ResourceOptions<Pool, { db: typeof db }> = { dependsOn: { db }, start: ({ db }) => db }

import 'reflect-metadata'
import { createKernel, type Ref, ref } from '@keelson/kernel'
import { container, Lifecycle, scoped, singleton } from 'tsyringe'
import { expect, test, vi } from 'vitest'
import { inject, OnStart, Service, services, Use } from '../index.js'
import { Billing, Database, Ledger, log, Orders } from '../test-support/shop.js'

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

test('it listens to nothing', async () => {
  const kernel = createKernel([Orders, Billing])
  const on = vi.spyOn(kernel, 'on')
  await kernel.start()
  await kernel.shutdown()
  expect(on).not.toHaveBeenCalled()
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

test('a class that is one in a kernel may follow a resource by ref', async () => {
  @singleton()
  class Audit {
    readonly database: Ref<Database>
    constructor(@Use(ref(Database)) database: Ref<Database>) {
      this.database = database
    }
  }
  class Base {
    readonly audit: Audit
    constructor(audit: Audit) {
      this.audit = audit
    }
  }
  @Service({ inject: [Audit] })
  class A extends Base {}
  @Service({ inject: [Audit] })
  class B extends Base {}
  const kernel = await createKernel([A, B]).start()
  expect(kernel.get(A).audit).toBe(kernel.get(B).audit)
  expect(kernel.get(A).audit.database.get()).toBe(kernel.get(Database))
  await kernel.shutdown()
})

test('what a factory lets the container keep is one per kernel as well, and made anew by a restart', async () => {
  @singleton()
  class Journal {
    readonly database: Database
    constructor(database: Database) {
      this.database = database
    }
  }
  @scoped(Lifecycle.ContainerScoped)
  class Session {
    readonly journal: Journal
    constructor(journal: Journal) {
      this.journal = journal
    }
  }
  const mine = container.createChildContainer()
  mine.register('SESSION', { useFactory: (c) => c.resolve(Session) })
  @Service({ dependsOn: { database: Database } })
  class Named {
    readonly session: Session
    constructor(@inject('SESSION') session: Session) {
      this.session = session
    }
  }
  @Service()
  class Taken {
    readonly session: Session
    readonly journal: Journal
    constructor(session: Session, journal: Journal) {
      this.session = session
      this.journal = journal
    }
  }
  const started = () => createKernel([Named, Taken], { replace: services(mine) }).start()
  const kernels = [await started(), await started()]
  const expectOne = () => {
    for (const kernel of kernels) {
      const { session } = kernel.get(Named)
      expect(session.journal.database).toBe(kernel.get(Database))
      expect(kernel.get(Taken).session).toBe(session)
      expect(kernel.get(Taken).journal).toBe(session.journal)
    }
  }
  expectOne()
  await kernels[0]!.restart(Database)
  expectOne()
  for (const kernel of kernels) await kernel.shutdown()
})

test('what is registered for a later kernel changes nothing in one that runs', async () => {
  log.length = 0
  const mine = container.createChildContainer()
  const replace = services(mine)
  const kernel = await createKernel([Orders], { replace }).start()
  const fake = Object.create(Database.prototype) as Database
  mine.registerInstance(Database, fake)
  const later = await createKernel([Orders], { replace }).start()
  expect(later.get(Database)).toBe(fake)

  await kernel.restart(Database)
  expect(kernel.get(Database)).not.toBe(fake)
  expect(kernel.get(Orders).ledger.database).toBe(kernel.get(Database))
  await later.shutdown()
  expect(log).toEqual(['open', 'drain', 'close', 'open'])
  await kernel.shutdown()
  expect(log).toEqual(['open', 'drain', 'close', 'open', 'drain', 'close'])
})

test('nor does it keep one from disposing of what it made', async () => {
  const disposed: unknown[] = []
  @Service()
  class Pool {
    [Symbol.asyncDispose]() {
      disposed.push(this)
    }
  }
  const mine = container.createChildContainer()
  const replace = services(mine)
  const kernel = await createKernel([Pool], { replace }).start()
  const pool = kernel.get(Pool)
  mine.registerInstance(Pool, new Pool())
  const later = await createKernel([Pool], { replace }).start()
  await later.shutdown()
  expect(disposed).toEqual([])
  await kernel.shutdown()
  expect(disposed).toEqual([pool])
})

import 'reflect-metadata'
import { createKernel, type StartContext } from '@keelson/kernel'
import { container, singleton } from 'tsyringe'
import { expect, test } from 'vitest'
import { inject, OnStart, Service, services } from '../index.js'
import { Billing, Database, Ledger } from '../test-support/shop.js'

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

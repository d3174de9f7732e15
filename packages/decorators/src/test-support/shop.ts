import 'reflect-metadata'
import type { StopContext } from '@keelson/kernel'
import { singleton } from 'tsyringe'
import { injectable, OnCheck, OnDrain, OnStart, OnStop, Service } from '../index.js'

// Orders has a Repository of its own, Orders and Billing share the Ledger, and both of these stand on the Database.

/** What the hooks of every Database have done, in order. */
export const log: string[] = []

@Service()
export class Database {
  readonly kind: string = 'real'
  @OnStart() open() {
    log.push('open')
  }
  @OnCheck() ping() {
    return true
  }
  @OnDrain() drain() {
    log.push('drain')
  }
  @OnStop() close(_ctx: StopContext) {
    log.push('close')
  }
}

@injectable()
export class Repository {
  readonly database: Database
  constructor(database: Database) {
    this.database = database
  }
}

/** One in a container, in tsyringe's terms. */
@singleton()
export class Ledger {
  readonly database: Database
  constructor(database: Database) {
    this.database = database
  }
}

@Service()
export class Orders {
  readonly repository: Repository
  readonly ledger: Ledger
  constructor(repository: Repository, ledger: Ledger) {
    this.repository = repository
    this.ledger = ledger
  }
}

@Service()
export class Billing {
  readonly ledger: Ledger
  constructor(ledger: Ledger) {
    this.ledger = ledger
  }
}

import { randomUUID } from 'node:crypto'
import { OnDrain, Service } from '@keelson/decorators'
import type { MongoClient } from 'mongodb'
import { Catalog } from './catalog.js'
import { db } from './database.js'

export interface Order {
  readonly _id: string
  readonly product: string
  readonly quantity: number
  readonly total: number
}

/** Takes orders. What was accepted is stored before the database goes. */
@Service({ inject: [db, Catalog] })
export class Orders {
  readonly #db: MongoClient
  readonly #catalog: Catalog
  readonly #writing = new Set<Promise<unknown>>()

  constructor(db: MongoClient, catalog: Catalog) {
    this.#db = db
    this.#catalog = catalog
  }

  /** Undefined when there is no such product. */
  async place(product: string, quantity: number): Promise<Order | undefined> {
    const found = await this.#catalog.find(product)
    if (found === null) return undefined
    const order = { _id: randomUUID(), product, quantity, total: found.price * quantity }
    const write = this.#orders.insertOne(order)
    this.#writing.add(write)
    await write.finally(() => this.#writing.delete(write))
    return order
  }

  find(id: string): Promise<Order | null> {
    return this.#orders.findOne({ _id: id })
  }

  @OnDrain()
  async finishWrites(): Promise<void> {
    await Promise.allSettled(this.#writing)
  }

  get #orders() {
    return this.#db.db('shop').collection<Order>('orders')
  }
}

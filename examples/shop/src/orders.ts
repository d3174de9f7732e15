import { randomUUID } from 'node:crypto'
import type { Ref } from '@keelson/kernel'
import type { MongoClient } from 'mongodb'
import type { Pool } from 'undici'
import type { Product } from './database.js'
import { charge } from './payments.js'
import { Problem } from './problem.js'

export interface Order {
  readonly _id: string
  readonly product: string
  readonly quantity: number
  readonly total: number
  readonly payment: string
  readonly at: Date
}

/** Takes orders: checks them, has them paid, stores them. */
export class Orders {
  readonly #db: MongoClient
  readonly #payments: Ref<Pool>

  constructor(db: MongoClient, payments: Ref<Pool>) {
    this.#db = db
    this.#payments = payments
  }

  async place(body: unknown): Promise<Order> {
    const { product, quantity } = wantedFrom(body)
    const found = await this.#db.db('shop').collection<Product>('products').findOne({ _id: product })
    if (found === null) throw new Problem(404, 'unknown_product', `there is no product "${product}"`)
    const total = found.price * quantity
    const payment = await this.#payments
      .use((pool) => charge(pool, total))
      .catch((cause: unknown) => {
        throw new Problem(503, 'payments_unavailable', 'the payment could not be made, nothing was ordered; try again', { cause })
      })
    const order = { _id: randomUUID(), product, quantity, total, payment, at: new Date() }
    await this.#collection.insertOne(order)
    return order
  }

  async find(id: string): Promise<Order> {
    const order = await this.#collection.findOne({ _id: id })
    if (order === null) throw new Problem(404, 'unknown_order', `there is no order "${id}"`)
    return order
  }

  get #collection() {
    return this.#db.db('shop').collection<Order>('orders')
  }
}

function wantedFrom(body: unknown): { product: string; quantity: number } {
  const { product, quantity } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  if (typeof product !== 'string' || product === '')
    throw new Problem(422, 'invalid_order', 'product must be the id of a product')
  if (!Number.isInteger(quantity) || (quantity as number) < 1 || (quantity as number) > 1_000) {
    throw new Problem(422, 'invalid_order', 'quantity must be a whole number from 1 to 1000')
  }
  return { product, quantity: quantity as number }
}

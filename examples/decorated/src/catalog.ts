import { OnStart, Service } from '@keelson/decorators'
import type { MongoClient } from 'mongodb'
import { db } from './database.js'

export interface Product {
  readonly _id: string
  readonly name: string
  readonly price: number
}

/** The products; put into the database when there are none. */
@Service({ inject: [db] })
export class Catalog {
  readonly #db: MongoClient

  constructor(db: MongoClient) {
    this.#db = db
  }

  @OnStart()
  async seed(): Promise<void> {
    if ((await this.#products.countDocuments()) === 0) await this.#products.insertMany([...PRODUCTS])
  }

  list(): Promise<Product[]> {
    return this.#products.find().toArray()
  }

  find(id: string): Promise<Product | null> {
    return this.#products.findOne({ _id: id })
  }

  get #products() {
    return this.#db.db('shop').collection<Product>('products')
  }
}

const PRODUCTS: readonly Product[] = [
  { _id: 'anchor', name: 'Anchor, 12 kg', price: 149 },
  { _id: 'compass', name: 'Steering compass', price: 89 },
  { _id: 'rope', name: 'Mooring rope, 20 m', price: 35 },
]

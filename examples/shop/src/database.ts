import { type Resource, resource } from '@keelson/kernel'
import { mongo } from '@keelson/mongo'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import type { MongoClient } from 'mongodb'

export interface Product {
  readonly _id: string
  readonly name: string
  readonly price: number
}

/** All replicas of the shop use the same database, and none can work without it: the start waits for it, an outage of it ends nobody. */
const SHARED = { shared: true, impact: 'unready', options: { appName: 'shop' } } as const

/** The database client: of a real MongoDB where there is one, else of an embedded stand-in that is a resource itself. */
export function database(mongoUrl: string | undefined): Resource<MongoClient> {
  if (mongoUrl !== undefined) return mongo('db', { url: mongoUrl, ...SHARED })
  const standIn = resource('mongo-stand-in', { start: () => startMongoStandIn(), stop: (server) => server.close() })
  return mongo('db', { dependsOn: { standIn }, url: ({ standIn }) => standIn.url, ...SHARED })
}

/** The products, put into the database when there are none. */
export function catalog(db: Resource<MongoClient>) {
  return resource('catalog', {
    dependsOn: { db },
    start: async ({ db }) => {
      const products = db.db('shop').collection<Product>('products')
      if ((await products.countDocuments()) === 0) await products.insertMany([...PRODUCTS])
      return products
    },
  })
}

const PRODUCTS: readonly Product[] = [
  { _id: 'anchor', name: 'Anchor, 12 kg', price: 149 },
  { _id: 'compass', name: 'Steering compass', price: 89 },
  { _id: 'rope', name: 'Mooring rope, 20 m', price: 35 },
]

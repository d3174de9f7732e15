import { createKernel, type Resource } from '@keelson/kernel'
import { type PostgresServer, postgresServer } from '@keelson/test-servers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { db } from '../src/database.js'
import { drizzleOrders } from '../src/drizzle.js'
import { knexOrders } from '../src/knex.js'
import { kyselyOrders } from '../src/kysely.js'
import { prismaOrders } from '../src/prisma.js'

interface Orders {
  add(total: number): Promise<number>
  total(): Promise<number>
}

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
  process.env.DATABASE_URL = server.url
})
afterAll(() => server.stop())

const ALL: readonly (readonly [string, Resource<Orders>])[] = [
  ['Drizzle', drizzleOrders],
  ['Kysely', kyselyOrders],
  ['Knex', knexOrders],
  ['Prisma', prismaOrders],
]

test.each(ALL)('%s works on the pool of the resource, and all of it stops', async (_name, orders) => {
  const kernel = createKernel([orders])
  await kernel.start()
  const before = await kernel.get(orders).total()
  const ids = await Promise.all([1, 2, 3].map((total) => kernel.get(orders).add(total)))
  expect(new Set(ids).size).toBe(3)
  expect(await kernel.get(orders).total()).toBe(before + 6)
  const { health, counts } = kernel.inspect(db)
  expect(health).toBe('healthy')
  expect(counts!.inUse! + counts!.idle!).toBeGreaterThan(0) // its connections are those of the pool
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
})

import type { Ref } from '@keelson/kernel'
import fastify, { type FastifyInstance } from 'fastify'
import { type Confirmations, type Database, findOrder, placeOrder, totals, type Wanted } from './orders.js'

/** What is called of a client of Redis. */
export interface Cache {
  get(key: string): Promise<string | null>
  set(key: string, value: string, options: { PX: number }): Promise<unknown>
}

const WANTED = {
  type: 'object',
  required: ['item', 'quantity'],
  additionalProperties: false,
  properties: {
    item: { type: 'string', minLength: 1, maxLength: 200 },
    quantity: { type: 'integer', minimum: 1, maximum: 1_000 },
  },
}
const ID = { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } }

export function api(db: Database, confirmations: Ref<Confirmations>, cache: Ref<Cache>): FastifyInstance {
  const app = fastify()
  app.post<{ Body: Wanted }>('/orders', { schema: { body: WANTED } }, async (request, reply) => {
    const order = await placeOrder(db, confirmations, request.body)
    return reply.code(201).header('location', `/orders/${order.id}`).send(order)
  })
  app.get<{ Params: { id: string } }>('/orders/:id', { schema: { params: ID } }, async (request, reply) => {
    return (await findOrder(db, request.params.id)) ?? reply.code(404).send({ error: 'there is no such order' })
  })
  app.get('/totals', async () => await cached(cache, 'totals', () => totals(db)))
  return app
}

/** What was found within the last second; a cache that is away makes it slower, and nothing else. */
async function cached<T>(cache: Ref<Cache>, key: string, find: () => Promise<T>): Promise<T> {
  const kept = await cache.use((redis) => redis.get(key)).catch(() => null)
  if (kept !== null) return JSON.parse(kept)
  const found = await find()
  await cache.use((redis) => redis.set(key, JSON.stringify(found), { PX: 1_000 })).catch(() => {})
  return found
}

import { fastifyServer } from '@keelson/fastify'
import { resource } from '@keelson/kernel'
import fastify, { type FastifyReply } from 'fastify'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { Catalog } from './catalog.js'
import { Orders } from './orders.js'

const limiter = resource('limiter', {
  start: () => new RateLimiterMemory({ points: Number(process.env.REQUESTS_PER_SECOND ?? 50), duration: 1 }),
})

/** The shop's API: its services are classes, and so are its dependencies. */
export const api = fastifyServer('api', {
  dependsOn: { catalog: Catalog, orders: Orders, limiter },
  port: Number(process.env.PORT ?? 3000),
  app: ({ catalog, orders, limiter }) => {
    const app = fastify({ logger: false })

    app.addHook('onRequest', async (request, reply) => {
      try {
        await limiter.consume(request.ip)
      } catch (refusal) {
        reply.header('retry-after', Math.max(1, Math.ceil((refusal as RateLimiterRes).msBeforeNext / 1000)))
        return problem(reply, 429, 'too_many_requests', 'try again later')
      }
    })
    app.setErrorHandler((error: { statusCode?: number; validation?: unknown; message: string }, _request, reply) => {
      if (error.validation !== undefined) return problem(reply, 422, 'invalid_order', error.message)
      if (error.statusCode === 400) return problem(reply, 400, 'bad_json', 'the body is not valid JSON')
      return problem(reply, 500, 'internal', 'something went wrong')
    })

    app.get('/products', async () => (await catalog.list()).map(withId))
    app.get<{ Params: { id: string } }>('/products/:id', async (request, reply) => {
      const product = await catalog.find(request.params.id)
      return product === null ? problem(reply, 404, 'unknown_product', 'there is no such product') : withId(product)
    })
    app.post<{ Body: { product: string; quantity: number } }>('/orders', { schema: { body: ORDER } }, async (request, reply) => {
      const order = await orders.place(request.body.product, request.body.quantity)
      if (order === undefined) return problem(reply, 404, 'unknown_product', 'there is no such product')
      return reply.status(201).send(withId(order))
    })
    app.get<{ Params: { id: string } }>('/orders/:id', async (request, reply) => {
      const order = await orders.find(request.params.id)
      return order === null ? problem(reply, 404, 'unknown_order', 'there is no such order') : withId(order)
    })
    return app
  },
})

const ORDER = {
  type: 'object',
  required: ['product', 'quantity'],
  properties: { product: { type: 'string', minLength: 1 }, quantity: { type: 'integer', minimum: 1, maximum: 1000 } },
} as const

function problem(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.status(status).send({ error: { code, message } })
}

function withId<T extends { _id: string }>({ _id: id, ...rest }: T) {
  return { id, ...rest }
}

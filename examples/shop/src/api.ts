import { expressServer } from '@keelson/express'
import { type Resource, ref } from '@keelson/kernel'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import type { MongoClient } from 'mongodb'
import type { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { type Cache, cached } from './cache.js'
import type { catalog } from './database.js'
import { Orders } from './orders.js'
import { paymentsPool } from './payments.js'
import { Problem, problemOf } from './problem.js'

interface ApiDependencies {
  readonly db: Resource<MongoClient>
  readonly products: ReturnType<typeof catalog>
  readonly cache: Resource<Cache>
  readonly limiter: Resource<RateLimiterMemory>
}

/** The shop's API. Everything that it needs is in `dependsOn`; the order of start and stop follows from that alone. */
export function api(port: number, { db, products, cache, limiter }: ApiDependencies) {
  return expressServer('api', {
    // By reference: the server goes on while payments are restarted, and answers 503 where it needs them; and without a cache.
    dependsOn: { db, products, limiter, cache: ref(cache), payments: ref(paymentsPool) },
    port,
    app: ({ db, products, limiter, cache, payments }) => {
      const orders = new Orders(db, payments)
      const app = express().disable('x-powered-by')
      app.use(limited(limiter), express.json({ limit: '10kb' }))
      app.get('/products', async (_req, res) => {
        res.json((await cached(cache, 'products', () => products.find().toArray())).map(withId))
      })
      app.get('/products/:id', async (req, res) => {
        const product = await products.findOne({ _id: req.params.id })
        if (product === null) throw new Problem(404, 'unknown_product', `there is no product "${req.params.id}"`)
        res.json(withId(product))
      })
      app.post('/orders', async (req, res) => {
        const order = await orders.place(req.body)
        res.status(201).location(`/orders/${order._id}`).json(withId(order))
      })
      app.get('/orders/:id', async (req, res) => void res.json(withId(await orders.find(req.params.id))))
      app.use((req) => {
        throw new Problem(404, 'not_found', `there is nothing at ${req.method} ${req.path}`)
      })
      return app.use(answerProblem)
    },
  })
}

/** 429 with Retry-After for a client that asks more often than it may. */
function limited(limiter: RateLimiterMemory): RequestHandler {
  return async (req, res, next) => {
    try {
      await limiter.consume(req.ip ?? 'unknown')
    } catch (refusal) {
      const seconds = Math.max(1, Math.ceil((refusal as RateLimiterRes).msBeforeNext / 1000))
      res.set('retry-after', String(seconds))
      throw new Problem(429, 'too_many_requests', `try again in ${seconds} s`)
    }
    next()
  }
}

const answerProblem: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error)
  const { status, code, message } = problemOf(error)
  res.status(status).json({ error: { code, message } })
}

function withId<T extends { _id: string }>({ _id: id, ...rest }: T) {
  return { id, ...rest }
}

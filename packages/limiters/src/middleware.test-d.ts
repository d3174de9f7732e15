import express, { type Request } from 'express'
import fastify, { type FastifyRequest } from 'fastify'
import Koa from 'koa'
import { expressLimiter } from './express-limiter.js'
import { fastifyLimiter } from './fastify-limiter.js'
import type { KeyedRateLimiter } from './keyed-rate-limiter.js'
import { koaLimiter } from './koa-limiter.js'
import type { RateLimiter } from './rate-limit.js'

declare const limiter: RateLimiter
declare const limits: KeyedRateLimiter

// Wherever a framework takes middleware, a limiter needs no types.
express().use(expressLimiter(limiter))
express().get('/', expressLimiter(limiter), (_req, res) => void res.end())
fastify().addHook('onRequest', fastifyLimiter(limiter))
fastify().get('/', { onRequest: fastifyLimiter(limiter) }, async () => 'ok')
fastify().get('/', { preHandler: [fastifyLimiter(limiter, { points: 2 })] }, async () => 'ok')
fastify().get<{ Params: { id: string } }>('/:id', { onRequest: fastifyLimiter(limiter) }, async ({ params }) => params.id)
fastify().route({ method: 'GET', url: '/', onRequest: fastifyLimiter(limiter), handler: async () => 'ok' })
new Koa().use(koaLimiter(limiter))

// A function of the request says of which framework it is, except in app.use() of Express.
express().use(expressLimiter((req) => limits.of(req.get('x-tenant') ?? 'none'), { key: (req) => req.path }))
express().get(
  '/',
  expressLimiter((req: Request) => limits.of(req.get('x-tenant') ?? 'none')),
  (_req, res) => void res.end(),
)
fastify().addHook('onRequest', fastifyLimiter(limiter, { key: (request: FastifyRequest) => request.url }))
fastify().get('/', { onRequest: fastifyLimiter((request: FastifyRequest) => limits.of(request.url)) }, async () => 'ok')
new Koa().use(koaLimiter((ctx: Koa.Context) => limits.of(ctx.get('x-tenant')), { key: (ctx) => ctx.path }))

// @ts-expect-error: a limiter of many keys has to be asked for one.
fastifyLimiter(limits)

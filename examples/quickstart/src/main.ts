import { expressServer } from '@keelson/express'
import { createKernel, resource } from '@keelson/kernel'
import { mongo } from '@keelson/mongo'
import { run } from '@keelson/node'
import express from 'express'
import { RateLimiterMemory } from 'rate-limiter-flexible'

const db = mongo('db', { url: process.env.MONGO_URL })

const limiter = resource('limiter', {
  start: () => new RateLimiterMemory({ points: 50, duration: 1 }),
})

const api = expressServer('api', {
  dependsOn: { db, limiter }, // typed: app receives a MongoClient and a RateLimiterMemory
  port: Number(process.env.PORT ?? 3000),
  app: ({ db, limiter }) =>
    express().get('/orders', async (req, res) => {
      const taken = await limiter.consume(req.ip ?? '').catch(() => undefined) // rejects over the limit
      if (taken === undefined) return void res.sendStatus(429)
      res.json(await db.db('shop').collection('orders').find().toArray())
    }),
})

await run(createKernel([api], { name: 'shop' }), { probes: { port: Number(process.env.PROBE_PORT ?? 9000) } })

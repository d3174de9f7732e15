import { createKernel, resource } from '@keelson/kernel'
import { run } from '@keelson/node'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { api } from './api.js'
import { productCache } from './cache.js'
import { configFrom } from './config.js'
import { catalog, database } from './database.js'

const { port, probePort, mongoUrl, redisUrl, requestsPerSecond, shutdownDelay } = configFrom(process.env)

const db = database(mongoUrl)
const products = catalog(db)
const cache = productCache(redisUrl)
const limiter = resource('limiter', { start: () => new RateLimiterMemory({ points: requestsPerSecond, duration: 1 }) })
const server = api(port, { db, products, cache, limiter })

const shutdown = shutdownDelay === undefined ? {} : { delay: shutdownDelay }
const kernel = createKernel([server], { name: 'shop', shutdown })

kernel.on('kernel:state', ({ to }) => {
  if (to !== 'running') return
  const { url } = kernel.get(server)
  // After the summary of the start.
  setImmediate(() => {
    console.log(`
 Try it:
   curl ${url}/products
   curl -X POST ${url}/orders -H 'content-type: application/json' -d '{"product":"rope","quantity":2}'
   curl http://localhost:${probePort}/readyz?verbose
 See it: http://localhost:${probePort}/inspector/
`)
  })
})

await run(kernel, { probes: { port: probePort, details: true }, inspector: { actions: true } })

import { bullQueue, bullWorker } from '@keelson/bullmq'
import { cron, leader, pgAdvisoryLock } from '@keelson/cron'
import { fastifyServer } from '@keelson/fastify'
import { ref, resource } from '@keelson/kernel'
import { migrate, postgres } from '@keelson/postgres'
import { redis } from '@keelson/redis'
import { drizzle } from 'drizzle-orm/node-postgres'
import { api } from './api.js'
import type { Config } from './config.js'
import { confirmOrder, sweep } from './orders.js'
import { SCHEMA, VERSION } from './schema.js'

/** Everything that runs, and what it needs: the order of start and stop follows from that alone. */
export function resources({ port, databaseUrl, redisUrl, sweepAt, lease }: Config) {
  // Shared: an outage of it makes every replica unready, and restarts none.
  const pool = postgres('postgres', { url: databaseUrl, shared: true, impact: 'unready', options: { max: 10 } })
  const schema = migrate('schema', { dependsOn: { pool }, version: VERSION, run: ({ pool }) => pool.query(SCHEMA) })
  const db = resource('db', { dependsOn: { pool, schema }, start: ({ pool }) => drizzle(pool) })

  // Nor does an answer: without it the database is asked.
  const cache = redis('cache', { url: redisUrl, shared: true, options: { disableOfflineQueue: true } })
  // An order does not wait for a Redis that is away: the next sweep queues it.
  const confirmations = bullQueue<{ order: string }>('confirmations', {
    url: redisUrl,
    connection: { enableOfflineQueue: false },
    shared: true,
  })
  const confirm = bullWorker('confirm', {
    queue: 'confirmations',
    url: redisUrl,
    shared: true,
    dependsOn: { db },
    processor:
      ({ db }) =>
      (job: { data: { order: string } }) =>
        confirmOrder(db, job.data.order),
  })

  // One replica of all leads, and sweeps.
  const leading = leader('leading', { lock: pgAdvisoryLock(pool, 'orders', { lease }) })
  const sweeping = cron('sweep', sweepAt, {
    dependsOn: { db, confirmations, leading },
    run: ({ db, confirmations, leading }) => sweep(db, confirmations, leading.token),
    timeouts: { drain: lease / 2, stop: lease / 10 },
  })

  // It takes orders while Redis is away, from its start on.
  const server = fastifyServer('api', {
    dependsOn: { db, confirmations: ref(confirmations), cache: ref(cache) },
    port,
    app: ({ db, confirmations, cache }) => api(db, confirmations, cache),
  })
  return { server, confirm, sweeping }
}

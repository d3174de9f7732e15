import { createKernel, type Resource, resource } from '@keelson/kernel'
import { postgres } from '@keelson/postgres'
import { redis as redisResource } from '@keelson/redis'
import { ioredis as ioredisResource } from '@keelson/redis/ioredis'
import { Redis } from 'ioredis'
import pg from 'pg'
import sql from 'postgres'
import { createClient } from 'redis'
import { expectTypeOf } from 'vitest'
import { type LeaderLock, type Leadership, leader, pgAdvisoryLock, redisLock, verifyLease } from '../index.js'

const redis = redisResource('redis', { url: 'redis://h' })
const ioredis = ioredisResource('redis', { url: 'redis://h' })
const pool = postgres('db', { url: 'postgres://h/db' })
const js = resource('db', { start: () => sql() })

for (const lock of [
  pgAdvisoryLock(new pg.Pool(), 'jobs'),
  pgAdvisoryLock(sql(), 42n, { lease: 10_000 }),
  pgAdvisoryLock(pool, 'jobs'),
  pgAdvisoryLock(js, 'jobs'),
  redisLock(createClient(), 'jobs'),
  redisLock(new Redis(), 'jobs', { lease: 10_000 }),
  redisLock(redis, 'jobs'),
  redisLock(ioredis, 'jobs'),
]) {
  expectTypeOf(lock).toEqualTypeOf<LeaderLock>()
}

const jobs = leader('jobs', { lock: pgAdvisoryLock(pool, 'jobs') })
expectTypeOf(jobs).toEqualTypeOf<Resource<Leadership>>()
leader('jobs', { dependsOn: { pool }, lock: ({ pool }) => pgAdvisoryLock(pool, 'jobs') })
resource('worker', {
  dependsOn: { jobs },
  start: ({ jobs }) => {
    expectTypeOf(jobs.token).toEqualTypeOf<bigint>()
    expectTypeOf(jobs.signal).toEqualTypeOf<AbortSignal>()
  },
})
verifyLease(createKernel([jobs]), jobs)

// @ts-expect-error: it is no pool.
pgAdvisoryLock(new Redis(), 'jobs')
// @ts-expect-error: the hooks are its own.
leader('jobs', { lock: pgAdvisoryLock(pool, 'jobs'), start: () => {} })
// @ts-expect-error: what is not depended on is not passed.
leader('jobs', { lock: ({ pool }) => pgAdvisoryLock(pool, 'jobs') })

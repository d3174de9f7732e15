// Attacked: leaders by answers that come too late, locks that throw, and handovers that are of others.
import { createKernel, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { leader } from '../index.js'
import { dayClock, started } from '../test-support/cron-kernel.js'
import { LockServer } from '../test-support/lock-server.js'
import { PgStatements } from './pg-statements.js'

const NOON = '2026-05-01T12:00:00Z'
const LEASE = 10_000

function contender(name: string, server: LockServer) {
  const jobs = leader('jobs', { lock: server.lock(LEASE), holder: name })
  const worker = resource('worker', { dependsOn: { jobs }, timeouts: { drain: 2_000, stop: 1_000 }, start: () => name })
  return { jobs, worker }
}

test('J4 an answer to a try that was given up does not give back what a later try has won', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const { jobs, worker } = contender('a', server)
  // The first try is heard at once; its answer is long under way.
  const delays = [0, 7_000]
  server.delay = () => delays.shift() ?? 0
  const kernel = await started(clock, [worker])
  await clock.advance(6_500)
  expect(kernel.inspect(jobs).state).toBe('running')
  await clock.advance(1_000)
  expect(server.holder).toMatch(/^a:/)
  await clock.run(kernel.shutdown())
  expect(server.holder).toBeUndefined()
})

test('J4 what was won by a try that was given up is given back by a process that asks no more', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const { worker } = contender('a', server)
  const delays = [0, 3_200]
  server.delay = () => delays.shift() ?? 0
  const kernel = await started(clock, [worker])
  await clock.advance(3_300)
  expect(server.holder).toMatch(/^a:/)
  await clock.run(kernel.shutdown())
  await clock.advance(1)
  expect(server.holder).toBeUndefined()
})

test('J4 an answer that comes after the shutdown is given back, and a lock that cannot even be told so harms nothing', async () => {
  const clock = dayClock(NOON)
  const unhandled: unknown[] = []
  const hear = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', hear)
  let answer = (_: { taken: true; token: bigint }) => {}
  let released = 0
  const jobs = leader('jobs', {
    lock: {
      lease: LEASE,
      open: async () => ({
        acquire: () =>
          new Promise<{ taken: true; token: bigint }>((resolve) => {
            answer = resolve
          }),
        renew: async () => true,
        release: () => {
          released++
          throw new Error('the client is closed')
        },
        close: () => {},
      }),
    },
  })
  const kernel = createKernel([jobs], { clock })
  await clock.run(kernel.start())
  await clock.run(kernel.shutdown())
  answer({ taken: true, token: 1n })
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', hear)
  expect([released, unhandled]).toEqual([1, []])
})

test('J5 a handover to somebody else, heard of during a try, is none of who dies after that', async () => {
  let holder: 'other' | 'nobody' = 'other'
  const statements: PgStatements = new PgStatements(7n, LEASE, async (text) => {
    if (!text.includes('pg_try_advisory_lock')) return []
    if (holder === 'nobody') return [{ token: '8', backend: 1 }]
    statements.handedOver()
    return [{ token: null, backend: 1 }]
  })
  expect(await statements.acquire()).toMatchObject({ taken: false })
  holder = 'nobody'
  expect(await statements.acquire()).toMatchObject({ taken: true, waitMs: LEASE })
})

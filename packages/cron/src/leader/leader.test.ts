import { createKernel, resource, type StopContext } from '@keelson/kernel'
import { recordEvents } from '@keelson/kernel/testing'
import { expect, test } from 'vitest'
import { cron, leader, verifyLease } from '../index.js'
import { dayClock, started } from '../test-support/cron-kernel.js'
import { LockServer } from '../test-support/lock-server.js'

const NOON = '2026-05-01T12:00:00Z'

/** A process that wants to lead; what it does is written down. */
function contender(name: string, server: LockServer, log: string[], { lease = 10_000, drainMs = 1_000 } = {}) {
  const jobs = leader('jobs', { lock: server.lock(lease), holder: name })
  const worker = resource('worker', {
    dependsOn: { jobs },
    timeouts: { drain: 2_000, stop: 1_000 },
    start: ({ jobs }) => void log.push(`${name} starts ${jobs.token}`),
    drain: (_, ctx: StopContext) => {
      log.push(`${name} drains: ${ctx.reason}`)
      return new Promise<void>((resolve) => void server.after(drainMs, resolve))
    },
    stop: () => void log.push(`${name} stopped`),
  })
  return { jobs, worker }
}

test('J4 one leads; the others are up and ready, and nothing there has failed', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const log: string[] = []
  const a = contender('a', server, log)
  const b = contender('b', server, log)
  const first = await started(clock, [a.worker])
  await clock.advance(1_000)
  const second = createKernel([b.worker], { clock })
  const events = recordEvents(second)
  await clock.run(second.start())
  await clock.advance(60_000)
  expect(log).toEqual(['a starts 1'])
  expect(first.get(a.jobs)).toMatchObject({ token: 1n, since: new Date(NOON), signal: { aborted: false } })
  expect(first.inspect(a.jobs).counts).toMatchObject({ token: 1, leaseMs: 10_000 })
  expect(second.probe()).toMatchObject({ status: 'ready', started: true, live: true, reasons: [] })
  expect(second.inspect(b.jobs).standby).toMatch(/^a:\d+ leads$/)
  expect(second.inspect(b.worker)).toMatchObject({ state: 'idle', standby: 'jobs stands by' })
  expect(events.lines().filter((line) => /error|fail|retry|restart/.test(line))).toEqual([])
  expect((await clock.run(second.shutdown())).errors).toEqual([])
})

test('J4 hands over in a shutdown: what depends on it is down before another leads, within a renewal', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const log: string[] = []
  const a = contender('a', server, log)
  const first = await started(clock, [a.worker])
  await clock.settle()
  const second = await started(clock, [contender('b', server, log).worker])
  const report = await clock.run(first.shutdown('deploy'))
  expect(report.ok).toBe(true)
  expect(log).toEqual(['a starts 1', 'a drains: deploy', 'a stopped'])
  await clock.advance(2_200)
  expect(log.slice(3)).toEqual(['b starts 2'])
  expect(second.probe().status).toBe('ready')
})

test('J5 a server that answers nothing: whoever led is down by its own clock before another may lead', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const log: string[] = []
  const { jobs, worker } = contender('a', server, log)
  const kernel = await started(clock, [worker])
  await clock.settle()
  const { signal } = kernel.get(jobs)
  server.wedged = true
  await clock.advance(6_300)
  expect([log, signal.aborted]).toEqual([['a starts 1'], false])
  await clock.advance(200)
  expect(signal.reason.message).toMatch(
    /last renewed 6(\.\d)? s ago, and what depends on it has to be down before its lease of 10 s ends: a renewal of the lock was not answered/,
  )
  await clock.advance(2_000)
  expect(log).toEqual(['a starts 1', 'a drains: jobs failed', 'a stopped'])
  expect(server.holder).toBeDefined()
  await clock.advance(5_000)
  expect(kernel.inspect(jobs).standby).toMatch(/^the lock cannot be asked for: the lock was not answered within/)
  expect(kernel.probe()).toMatchObject({ status: 'ready', live: true })
  server.wedged = false
  await clock.advance(10_000)
  expect(log.at(-1)).toBe('a starts 2')
})

test('J4 a lock that another process has, or that has vanished, is told at once', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const log: string[] = []
  const { jobs, worker } = contender('a', server, log)
  const kernel = await started(clock, [worker])
  await clock.settle()
  const events = recordEvents(kernel)
  server.forget()
  await clock.advance(2_200)
  expect(log[1]).toBe('a drains: jobs failed')
  expect(events.events).toContainEqual(
    expect.objectContaining({
      type: 'restart:scheduled',
      resource: 'jobs',
      resources: ['jobs', 'worker'],
      error: expect.objectContaining({
        message: 'resource "jobs" crashed: it leads no longer: another process has taken the lock, or it has vanished',
      }),
    }),
  )
  await clock.advance(5_000)
  expect(kernel.get(jobs).token).toBe(2n)
  expect(log.slice(2)).toEqual(['a stopped', 'a starts 2'])
})

test('J5 a machine that slept for longer than its lease leads no longer when it wakes', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const log: string[] = []
  const { jobs, worker } = contender('a', server, log)
  const kernel = await started(clock, [worker])
  await clock.settle()
  const { signal } = kernel.get(jobs)
  clock.jump(3_600_000)
  await clock.advance(1_000)
  expect(signal.aborted).toBe(true)
})

test('J6 one that cannot ask for the lock stands by and says why, once', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  server.error = new Error('connect ECONNREFUSED redis://app:hunter2@10.0.0.7:6379')
  const log: string[] = []
  const { worker, jobs } = contender('a', server, log)
  const kernel = createKernel([worker], { clock })
  const events = recordEvents(kernel)
  await clock.run(kernel.start())
  await clock.advance(60_000)
  expect(events.lines().filter((line) => line.startsWith('jobs: stands by'))).toEqual([
    'jobs: stands by: it asks for the lock',
    'jobs: stands by: the lock cannot be asked for: connect ECONNREFUSED redis://***@10.0.0.7:6379',
  ])
  expect(kernel.inspect(jobs).health).toBe('unknown')
  server.error = undefined
  await clock.advance(3_000)
  expect(log).toEqual(['a starts 1'])
  await clock.run(kernel.shutdown())
  expect(clock.pending).toBe(0)
})

test('a lock that cannot be given back is an error of the stop, bounded in time', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const { worker } = contender('a', server, [])
  const kernel = createKernel([worker], { clock })
  await clock.run(kernel.start())
  await clock.settle()
  const since = clock.now()
  server.wedged = true
  await expect(clock.run(kernel.shutdown())).rejects.toThrow(
    'resource "jobs" failed to stop: the release of the lock was not answered within 2000 ms',
  )
  expect(clock.now() - since).toBe(3_000)
  expect(clock.pending).toBe(0)
})

test('a start that is told to end while it asks gives back what it is given', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  server.delay = () => 400
  const { worker } = contender('a', server, [])
  const kernel = createKernel([worker], { clock })
  await clock.run(kernel.start())
  await clock.advance(500)
  const since = clock.now()
  const report = await clock.run(kernel.shutdown())
  expect(clock.now()).toBe(since)
  await clock.advance(5_000)
  expect([report.ok, server.holder, clock.pending]).toEqual([true, undefined, 0])
})

test('J5 a lease that is too short for what depends on it is refused, before and at the start, with the figures', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const jobs = leader('jobs', { lock: server.lock(15_000) })
  const cleanup = cron('cleanup', '* * * * *', { dependsOn: { jobs }, timeouts: { drain: 12_000, stop: 2_000 }, run: () => {} })
  const above = resource('above', {
    dependsOn: { cleanup },
    timeouts: { drain: 3_000, stop: 1_000 },
    start: () => {},
    drain: () => {},
  })
  const kernel = createKernel([above], { clock })
  const message =
    'its lease of 15 s is too short: what depends on it may take 17 s to stop (above 3 s, then cleanup 14 s), and it has to be down before another process may lead; take a lease of 20 s or more, or lower timeouts.drain and timeouts.stop of these to 12.9 s together'
  expect(() => verifyLease(kernel, jobs)).toThrow(`resource "jobs": ${message}`)
  await expect(clock.run(kernel.start())).rejects.toThrow(`resource "jobs" failed to start: ${message}`)
  expect(server.asked).toBe(0)

  const endless = cron('endless', '* * * * *', { dependsOn: { jobs }, run: () => {} })
  expect(() => verifyLease(createKernel([endless], { clock }), jobs)).toThrow(
    /may take 25 s to stop \(endless any time, and no more than shutdown.timeout\).*take a lease of 29 s or more, or lower/,
  )
  expect(() => verifyLease(createKernel([endless], { clock, shutdown: { timeout: Infinity } }), jobs)).toThrow(
    /may take any time to stop \(endless any time\), and it has to be down before another process may lead; lower timeouts.drain/,
  )
  verifyLease(createKernel([endless], { clock, shutdown: { timeout: 10_000 } }), jobs)
  const fits = leader('fits', { lock: server.lock(30_000) })
  verifyLease(createKernel([cron('endless', '* * * * *', { dependsOn: { fits }, run: () => {} })]), fits)
})

test('J4 a job that starts with a new term has missed nothing that others were there for', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const jobs = leader('jobs', { lock: server.lock(10_000), holder: 'a' })
  const ran: string[] = []
  const repo = resource('repo', { dependsOn: { jobs }, start: () => {} })
  const job = cron('job', '*/10 * * * * *', {
    dependsOn: { repo },
    timeouts: { drain: 2_000, stop: 1_000 },
    catchUp: 'all',
    run: (_, { scheduledAt }) => ran.push(scheduledAt.toISOString().slice(17, 19)),
  })
  const kernel = await started(clock, [job])
  await clock.advance(11_000)
  const other = server.lock(10_000)
  server.forget()
  const session = await other.open(undefined, 'other')
  await session.acquire()
  for (let i = 0; i < 8; i++) {
    await clock.advance(5_000)
    await session.renew()
  }
  expect(kernel.inspect(jobs).standby).toBe('other leads')
  await session.release()
  await clock.advance(15_000)
  expect(ran).toEqual(['10', '00'])
  expect(kernel.get(job).counts.missed).toBe(0)
})

test('what others call themselves is shown, whatever it is', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const other = await server.lock(10_000).open(undefined, `\u001b[2Jnobody\n${'x'.repeat(10_000)}`)
  await other.acquire()
  const { worker, jobs } = contender('a', server, [])
  const kernel = await started(clock, [worker])
  await clock.settle()
  const { standby = '' } = kernel.inspect(jobs)
  expect(standby).toMatch(/nobody.*x leads$/)
  expect(standby.length).toBeLessThan(200)
  expect([...standby].every((character) => character >= ' ')).toBe(true)
})

test('a lock may be made of the dependencies', async () => {
  const clock = dayClock(NOON)
  const server = new LockServer(clock)
  const redis = resource('redis', { start: () => server })
  const jobs = leader('jobs', { dependsOn: { redis }, lock: ({ redis }) => redis.lock(10_000) })
  const kernel = await started(clock, [jobs])
  await clock.settle()
  expect(kernel.get(jobs).token).toBe(1n)
  const wrong = leader('wrong', { lock: () => ({ ...server.lock(10_000), on: redis }) })
  await expect(clock.run(createKernel([wrong], { clock }).start())).rejects.toThrow(
    'lock is made on a resource; make it on the value',
  )
})

test.each([
  [undefined, /its options must be an object/],
  [{}, /lock is no lock; pass pgAdvisoryLock/],
  [{ lock: { lease: 5_000 } }, /lock.open is undefined/],
  [{ lock: { lease: Infinity, open: () => {} } }, /lock.lease must be a number of ms/],
  [{ lock: new LockServer(dayClock(NOON)).lock(5_000), holder: '' }, /holder must be a name/],
  [{ lock: new LockServer(dayClock(NOON)).lock(5_000), start: () => {} }, /start cannot be given/],
])('bad options are refused: %j', (options, message) => {
  expect(() => leader('jobs', options as never)).toThrow(message)
})

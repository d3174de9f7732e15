import { createKernel, resource } from '@keelson/kernel'
import { ioredis } from '@keelson/redis/ioredis'
import type { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Flavour, failureOf, gate, HASTY, outside, pause, QUIET, redis, running, SOON } from './scene.js'

/** What becomes of it all when Redis is late, refuses, is away, or silent. */
export function redisSuite(name: string, flavour: Flavour): void {
  const { bullFlowProducer, bullQueue, bullQueueEvents, bullWorker } = flavour.keelson
  const idle = () => async () => {}
  const everyKind = ({ url }: { url: string }, at = { url }) => ({
    queue: bullQueue('queue', at),
    worker: bullWorker('worker', { ...at, processor: idle }),
    flow: bullFlowProducer('flow', at),
    events: bullQueueEvents('events', at),
  })
  const KINDS = ['queue', 'worker', 'flow', 'events'] as const

  describe(`Redis of ${name}`, () => {
    it.each(KINDS)(
      'fails the start of a %s with its reason in one line, without the password, and no other try',
      async (kind) => {
        const server = await redis({ password: 'correct-horse' })
        const wrong = server.url.replace('correct-horse', 'battery-staple')
        const message = await failureOf(createKernel([everyKind({ url: wrong })[kind]]))
        expect(message).toContain('WRONGPASS')
        expect(message).not.toMatch(/battery-staple|try \d/)
        const without = await failureOf(createKernel([everyKind({ url: `redis://127.0.0.1:${server.port}` })[kind]]))
        expect(without).toContain('NOAUTH')
        const database = await failureOf(createKernel([everyKind({ url: `${server.url}/99` })[kind]]))
        expect(database).toContain('DB index is out of range')
      },
    )

    it.each(KINDS)('says why a %s did not start when nobody is there', async (kind) => {
      const server = await redis()
      await server.kill()
      const kernel = createKernel([everyKind(server)[kind]], { timeouts: { start: 2_000 } })
      expect(await failureOf(kernel)).toContain(`connect ECONNREFUSED 127.0.0.1:${server.port}`)
    })

    it.each(KINDS)('tells of a %s at once that it is lost, and that it is back', async (kind) => {
      const server = await redis()
      const kernel = await running([everyKind(server)[kind]], { timeouts: { check: 1_000 } })
      await server.kill()
      await expect.poll(() => kernel.probe().ready, SOON).toBe(false)
      await server.start()
      await expect.poll(() => kernel.probe().ready, SOON).toBe(true)
      expect((await kernel.shutdown('over')).ok).toBe(true)
    })

    it.each(KINDS)('does not hold up the end of a %s when it is away, or silent', async (kind) => {
      const server = await redis()
      const away = await running([everyKind(server)[kind]])
      await server.kill()
      await expect.poll(() => away.probe().ready, SOON).toBe(false)
      expect((await away.shutdown('over')).outcomes).toMatchObject([{ outcome: 'stopped' }])
      await server.start()
      const silent = await running([everyKind(server)[kind]])
      server.pause()
      expect((await silent.shutdown('over')).outcomes).toMatchObject([{ outcome: 'stopped' }])
      server.resume()
    })

    it('may be away while a job runs: its result is stored when it is back', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const done = gate<string>()
      const begun: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        processor:
          () =>
          async ({ id }) => {
            begun.push(id)
            return await done.promise
          },
      })
      const kernel = await running([worker], { shutdown: { timeout: 30_000 } })
      const job = await queue.add('mail', {})
      await expect.poll(() => begun, SOON).toEqual([job.id])
      await server.kill()
      await expect.poll(() => kernel.probe().ready, SOON).toBe(false)
      done.open('sent')
      const hint = 'its result is being stored in Redis'
      await expect.poll(() => kernel.inspect(worker).work?.oldest, SOON).toMatchObject([{ label: `job mails ${job.id}`, hint }])
      const stopped = kernel.shutdown('over')
      await pause(500)
      await server.start()
      await stopped
      expect(await queue.getJob(String(job.id))).toMatchObject({ returnvalue: 'sent', attemptsStarted: 1 })
      expect(begun).toEqual([job.id])
    })

    it('may stay away: what could not be handed back or stored is told, and is run again', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const begun: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        options: HASTY,
        processor:
          () =>
          async ({ id }) => {
            begun.push(id)
            await pause(60_000)
          },
      })
      const kernel = await running([worker], { shutdown: { timeout: 4_000 } })
      const job = await queue.add('mail', {})
      await expect.poll(() => begun, SOON).toEqual([job.id])
      await server.kill()
      await expect.poll(() => kernel.probe().ready, SOON).toBe(false)
      // Whichever comes first.
      const why = '(Redis has not answered|Connection is closed\\.)'
      await expect(kernel.shutdown('over')).rejects.toThrow(
        new RegExp(`job mails ${job.id} could not be handed back: ${why}; it is run again once its lock has run out`),
      )
      await server.start()
      const done: unknown[] = []
      const next = bullWorker('next', {
        queue: 'mails',
        url: server.url,
        options: HASTY,
        processor:
          () =>
          async ({ id }) =>
            void done.push(id),
      })
      const after = await running([next])
      await expect.poll(() => done, SOON).toEqual([job.id])
      expect(after.inspect(next).counts).toMatchObject({ stalled: 1 })
    })

    it('lets whoever waits for an answer know that none will come, when it is away at the end', async () => {
      const server = await redis()
      const queue = bullQueue('mails', { url: server.url })
      const kernel = await running([queue])
      server.pause()
      const sent = kernel.get(queue).add('mail', {})
      await pause(200)
      await server.kill()
      await expect.poll(() => kernel.probe().ready, SOON).toBe(false)
      const waits = kernel.get(queue).add('mail', {})
      await kernel.shutdown('over')
      for (const added of [sent, waits]) await expect(added).rejects.toThrow('Connection is closed.')
    })

    it.each(KINDS)('leaves no timer where it is killed in the moment in which a %s stops', async (kind) => {
      const server = await redis()
      const kernel = await running([everyKind(server)[kind]])
      const timers: NodeJS.Timeout[] = []
      const set = globalThis.setTimeout
      // Those of the driver alone: the test runner has its own.
      const ofDriver = (callback: () => void, ms?: number, ...args: []) => {
        const timer = set(callback, ms, ...args)
        if (/node_modules.(?:ioredis|bullmq)\d*./.test(new Error().stack ?? '')) timers.push(timer)
        return timer
      }
      const setTimeout = vi.spyOn(globalThis, 'setTimeout').mockImplementation(ofDriver as typeof set)
      onTestFinished(() => setTimeout.mockRestore())
      await Promise.all([server.kill(), kernel.shutdown('over')])
      expect(timers.length).toBeGreaterThan(0)
      const isOver = (timer: NodeJS.Timeout) => (timer as { _destroyed?: boolean })._destroyed === true
      await expect.poll(() => timers.filter((timer) => !isOver(timer) && timer.hasRef()).length, { timeout: 1_000 }).toBe(0)
    })

    it('is noticed by the check when it is silent', async () => {
      const server = await redis()
      const at = { url: server.url, timeouts: { check: 500 }, monitor: QUIET }
      const kernel = await running([bullQueue('queue', at), bullWorker('worker', { ...at, processor: idle })])
      server.pause()
      onTestFinished(() => server.resume())
      for (const { error } of await kernel.check()) expect(error).toContain('Redis has not answered within 450 ms')
    })

    it('may be a client of somebody else, with any limit on retries, which stays open', async () => {
      const server = await redis()
      const client = ioredis('client', { url: server.url })
      const dependsOn = { client }
      const connection = ({ client }: { client: Redis }) => client
      const done: unknown[] = []
      const queue = bullQueue('mails', { dependsOn, connection })
      const worker = bullWorker('mailer', {
        queue: 'mails',
        dependsOn,
        connection,
        processor:
          ({ client }) =>
          async ({ id }) =>
            void done.push([id, await client.ping()]),
      })
      const events = bullQueueEvents('events', { queue: 'mails', dependsOn, connection })
      const kernel = await running([queue, worker, events])
      const job = await kernel.get(queue).add('mail', {})
      await job.waitUntilFinished(kernel.get(events))
      expect(done).toEqual([[job.id, 'PONG']])
      for (const each of [worker, queue, events]) await kernel.remove(each)
      expect(await kernel.get(client).ping()).toBe('PONG')
      // It is all that is left: this one and the one that asks.
      await expect
        .poll(
          async () =>
            String(await kernel.get(client).client('LIST'))
              .trim()
              .split('\n').length,
          SOON,
        )
        .toBe(1)
    })

    it('is asked how many jobs there are', async () => {
      const server = await redis()
      const queue = bullQueue('mails', { url: server.url, monitor: QUIET })
      const kernel = await running([queue])
      await kernel.get(queue).add('mail', {})
      await kernel.get(queue).add('mail', {}, { delay: 60_000 })
      await kernel.check(queue)
      expect(kernel.inspect(queue).counts).toMatchObject({ waiting: 1, active: 0, delayed: 1, failed: 0, errors: 0 })
    })

    it('crashes a worker that somebody else closes', async () => {
      const server = await redis()
      const { worker } = everyKind(server)
      const kernel = await running([worker])
      expect('getBackend' in kernel.get(worker)).toBe('getBackend' in flavour.bullmq.Worker.prototype)
      await kernel.get(worker).close()
      await expect.poll(() => kernel.inspect(worker).error, SOON).toContain('closed by something other than the kernel')
    })

    it('is not reached by a client of node-redis, which is said', async () => {
      const server = await redis()
      const client = resource('client', {
        start: async () =>
          await createClient({ url: server.url })
            .on('error', () => {})
            .connect(),
        stop: (client) => client.destroy(),
      })
      const queue = bullQueue('mails', { dependsOn: { client }, connection: ({ client }) => client as never })
      expect(await failureOf(createKernel([queue]))).toContain('connection is a client other than of ioredis')
    })
  })
}

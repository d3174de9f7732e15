import { createKernel, resource } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { type Flavour, gate, HASTY, outside, pause, QUIET, redis, rival, running, SOON, stateOf, untilAborted } from './scene.js'

/** What becomes of jobs from the start to the end of their worker. */
export function jobsSuite(name: string, flavour: Flavour): void {
  const { bullWorker } = flavour.keelson

  describe(`jobs of ${name}`, () => {
    it('S9 are taken from the activation on, and not by a worker whose start is rolled back', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const job = await queue.add('mail', {})
      const ran: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        processor:
          () =>
          async ({ id }) =>
            void ran.push(id),
      })
      const late = resource('late', {
        dependsOn: { worker },
        start: () => pause(500).then(() => Promise.reject(new Error('no'))),
      })
      await expect(createKernel([late]).start()).rejects.toThrow('no')
      expect(ran).toEqual([])
      expect(await job.getState()).toBe('waiting')
      await running([worker])
      await expect.poll(() => ran, SOON).toEqual([job.id])
    })

    it('are finished in the drain, in the ledger until they are, and their locks renewed meanwhile', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const done = gate()
      const begun: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        options: HASTY,
        processor:
          () =>
          async ({ id }) => {
            begun.push(id)
            await done.promise
            return 'sent'
          },
      })
      const kernel = await running([worker], { shutdown: { timeout: 60_000 } })
      const job = await queue.add('mail', {}, { jobId: '4711x' })
      await expect.poll(() => begun, SOON).toEqual(['4711x'])
      const label = 'job mails 4711x'
      expect(kernel.inspect(worker)).toMatchObject({
        work: { count: 1, oldest: [{ label }] },
        counts: { active: 1, finished: 0 },
      })
      const stopped = kernel.shutdown('over')
      const stolen = rival(flavour, 'mails', server)
      await pause(3 * HASTY.lockDuration)
      expect(stolen).toEqual([])
      expect(await job.getState()).toBe('active')
      done.open()
      const report = await stopped
      expect(report.outcomes).toMatchObject([{ resource: 'mailer', note: 'finished 1 job', work: { count: 1 } }])
      expect(await queue.getJob('4711x')).toMatchObject({ returnvalue: 'sent', attemptsMade: 1 })
    })

    it('S9 are not taken from the first instant of a shutdown on, the lame duck included', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const ran: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        options: { concurrency: 4 },
        processor:
          () =>
          async ({ id }) =>
            void ran.push(id),
      })
      const kernel = await running([worker])
      const first = await queue.add('mail', {})
      await expect.poll(() => stateOf(queue, first.id), SOON).toBe('completed')
      // It waits for the next job now, which Redis would hand it at once.
      await pause(200)
      const stopped = kernel.shutdown('over', { delay: 1_000 })
      const jobs = await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'mail', data: {} })))
      await stopped
      expect(ran).toEqual([first.id])
      for (const { id } of jobs) expect(await queue.getJob(String(id))).toMatchObject({ attemptsMade: 0 })
      expect(await queue.getJobCounts('waiting', 'active', 'delayed')).toMatchObject({ waiting: 5, active: 0, delayed: 0 })
    })

    it('are handed back before the drain is over: told to end, no attempt is lost, and the next worker has them', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const begun: unknown[] = []
      const reasons: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        options: { concurrency: 3 },
        grace: 1_000,
        processor: () => async (job, _token, signal) => {
          begun.push(job.id)
          signal.addEventListener('abort', () => reasons.push(String(signal.reason)))
          if (job.name === 'rude') await pause(60_000)
          if (job.name === 'wrapped') await untilAborted(signal).catch(() => Promise.reject(new Error('canceling statement')))
          await untilAborted(signal)
        },
      })
      const kernel = await running([worker], { shutdown: { timeout: 4_000 } })
      const jobs = await queue.addBulk(['polite', 'wrapped', 'rude'].map((name) => ({ name, data: {}, opts: { attempts: 1 } })))
      await expect.poll(() => begun.length, SOON).toBe(3)
      const report = await kernel.shutdown('over')
      expect(report.ok).toBe(true)
      expect(report.outcomes).toMatchObject([{ outcome: 'stopped', note: 'handed back 3 jobs' }])
      expect(reasons).toHaveLength(3)
      expect(reasons[0]).toMatch(/^AbortError: job mails \d must end: its worker stops; it will be run again$/)
      expect(await stateOf(queue, jobs[0]?.id)).toBe('waiting')
      expect(await stateOf(queue, jobs[1]?.id)).toBe('waiting')
      // Its processor may still be at it.
      expect(await stateOf(queue, jobs[2]?.id)).toBe('delayed')
      for (const { id } of jobs) expect(await queue.getJob(String(id))).toMatchObject({ attemptsMade: 0, stalledCounter: 0 })
      const done = rival(flavour, 'mails', server)
      await expect.poll(() => [...done].sort(), SOON).toEqual(jobs.map(({ id }) => id))
      expect(await queue.getJobCounts('failed')).toMatchObject({ failed: 0 })
    })

    it('that answer after they were told to end are finished, failed or delayed as they say', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const begun: unknown[] = []
      const { UnrecoverableError, DelayedError } = flavour.bullmq
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        options: { concurrency: 3 },
        processor: () => async (job, token, signal) => {
          begun.push(job.id)
          await untilAborted(signal).catch(() => {})
          if (job.name === 'hopeless') throw new UnrecoverableError('never')
          if (job.name === 'later') {
            await job.moveToDelayed(Date.now() + 60_000, token)
            throw new DelayedError()
          }
          return 'half'
        },
      })
      const kernel = await running([worker], { shutdown: { timeout: 3_000 } })
      const jobs = await queue.addBulk(['done', 'hopeless', 'later'].map((name) => ({ name, data: {}, opts: { attempts: 5 } })))
      await expect.poll(() => begun.length, SOON).toBe(3)
      const report = await kernel.shutdown('over')
      expect(report.outcomes).toMatchObject([{ note: 'finished 3 jobs' }])
      const states = await Promise.all(jobs.map(({ id }) => stateOf(queue, id)))
      expect(states).toEqual(['completed', 'failed', 'delayed'])
    })

    it('are not begun again because their worker is restarted', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const done = gate()
      const begun: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        options: HASTY,
        processor:
          () =>
          async ({ id }) => {
            begun.push(id)
            await done.promise
          },
      })
      const kernel = await running([worker])
      const job = await queue.add('mail', {})
      await expect.poll(() => begun, SOON).toEqual([job.id])
      const restarted = kernel.restart(worker)
      await pause(500)
      const next = await queue.add('mail', {})
      expect(begun).toEqual([job.id])
      done.open()
      await restarted
      await expect.poll(() => begun, SOON).toEqual([job.id, next.id])
      await expect.poll(() => stateOf(queue, job.id), SOON).toBe('completed')
    })

    it('whose lock is lost are told to end, and it is told', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const reasons: string[] = []
      const begun: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        options: { lockDuration: 2_000, skipStalledCheck: true },
        monitor: QUIET,
        processor:
          () =>
          async ({ id }, _token, signal) => {
            begun.push(id)
            await untilAborted(signal).catch((reason) => reasons.push(String(reason)))
          },
      })
      const kernel = await running([worker])
      const job = await queue.add('mail', {}, { removeOnFail: true })
      await expect.poll(() => begun, SOON).toEqual([job.id])
      const client = await (queue as unknown as { client?: Promise<Client>; getBackend(): { client: Promise<Client> } }).client
      const redisClient = client ?? (await (queue as never as { getBackend(): { client: Promise<Client> } }).getBackend().client)
      await redisClient.del(queue.toKey(`${job.id}:lock`))
      const told = `AbortError: job mails ${job.id} must end: its lock was lost, another worker may run it`
      await expect.poll(() => reasons, SOON).toEqual([told])
      await expect.poll(() => kernel.inspect(worker).counts, SOON).toMatchObject({ lostLocks: 1 })
      await expect.poll(async () => (await kernel.check(worker))[0]?.error, SOON).toMatch(/lock for job/)
      // Once it is told, it is told.
      await expect.poll(async () => (await kernel.check(worker))[0]?.ok, SOON).toBe(true)
    })

    it('can be cancelled by BullMQ, which is no shutdown', async () => {
      const server = await redis()
      const queue = outside(flavour, 'mails', server)
      const begun: unknown[] = []
      const worker = bullWorker('mailer', {
        queue: 'mails',
        url: server.url,
        processor:
          () =>
          async ({ id }, _token, signal) => {
            begun.push(id)
            await untilAborted(signal)
          },
      })
      const kernel = await running([worker])
      const job = await queue.add('mail', {})
      await expect.poll(() => begun, SOON).toEqual([job.id])
      expect(kernel.get(worker).cancelJob(String(job.id), 'not wanted')).toBe(true)
      await expect.poll(() => stateOf(queue, job.id), SOON).toBe('failed')
      expect(kernel.inspect(worker).counts).toMatchObject({ failed: 1, handedBack: 0 })
    })
  })
}

interface Client {
  del(key: string): Promise<number>
}

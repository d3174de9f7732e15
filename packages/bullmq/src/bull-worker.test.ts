import { createKernel, type Kernel, resource, StartError } from '@keelson/kernel'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { type BullWorkerOptions, bullWorker } from './index.js'
import { FakeBase, made, type Worker } from './test-support/fake-bullmq.js'

vi.mock('bullmq', () => import('./test-support/fake-bullmq.js'))

const url = 'redis://:s3cret-word@127.0.0.1:6379'
// biome-ignore lint/suspicious/noExplicitAny: the jobs are stand-ins.
type Options = Partial<BullWorkerOptions<any, any, any, string>>
type Step = (job: { id?: string | undefined }, token: string, signal: AbortSignal) => Promise<unknown>

beforeEach(() => {
  made.length = 0
  FakeBase.ready = Promise.resolve()
})

async function working(step: Step, options: Options = {}, timeout = 1_000): Promise<{ kernel: Kernel; worker: Worker }> {
  const mailer = bullWorker('mailer', { queue: 'mails', url, processor: () => step, ...options })
  const kernel = createKernel([mailer], { shutdown: { timeout } })
  onTestFinished(async () => void (await kernel.shutdown('test over').catch(() => {})))
  await kernel.start()
  return { kernel, worker: made.at(-1) as Worker }
}

const forever = () => new Promise<never>(() => {})
const honouring: Step = async (_job, _token, signal) =>
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('S9 takes work when everything runs, and none from the first instant of a shutdown on', async () => {
  const seen: string[] = []
  const mailer = bullWorker('mailer', { url, processor: () => async () => {} })
  const late = resource('late', {
    dependsOn: { mailer },
    start: () => void seen.push(`late starts, worker: ${made[0]?.log.join()}`),
  })
  const kernel = await createKernel([late]).start()
  expect(seen).toEqual(['late starts, worker: '])
  expect(made[0]?.log).toEqual(['run'])
  expect(made[0]?.options).toMatchObject({ autorun: false, connection: { url, maxRetriesPerRequest: null } })
  const stopped = kernel.shutdown('over', { delay: 50 })
  await vi.waitFor(() => expect(made[0]?.log).toEqual(['run', 'pause(false)']))
  await stopped
  expect(made[0]?.log).toEqual(['run', 'pause(false)', 'close()'])
})

test('BullMQ hands its signal to a processor that takes three arguments, as this one does', async () => {
  const { worker } = await working(async () => {})
  expect(worker.acceptsSignal).toBe(true)
})

test('a job is in the ledger by queue and id until its result is stored, and the drain waits for it', async () => {
  let finish = () => {}
  const { kernel, worker } = await working(() => new Promise<void>((resolve) => (finish = resolve)))
  worker.take('4711')
  await vi.waitFor(() => expect(kernel.inspect().resources[0]?.work?.oldest[0]?.label).toBe('job mails 4711'))
  expect(kernel.inspect().resources[0]?.counts).toMatchObject({ active: 1, finished: 0, errors: 0 })
  const stopped = kernel.shutdown('over')
  finish()
  expect((await stopped).outcomes).toMatchObject([{ outcome: 'stopped', note: 'finished 1 job', work: { count: 1 } }])
  expect(worker.log).toEqual(['run', 'pause(false)', 'completed 4711', 'close()'])
})

test('before the drain is over jobs are told to end, and those that reject are handed back', async () => {
  const { kernel, worker } = await working(honouring)
  worker.take('1')
  const report = await kernel.shutdown('over')
  expect(report).toMatchObject({ ok: true, outcomes: [{ note: 'handed back 1 job' }] })
  expect(worker.log).toEqual(['run', 'pause(false)', 'moveToWait 1 token 1', 'moved 1', 'close()'])
})

test('a job whose processor goes on is handed back for later', async () => {
  const { kernel, worker } = await working(forever)
  worker.take('1')
  expect((await kernel.shutdown('over')).outcomes).toMatchObject([{ outcome: 'stopped', note: 'handed back 1 job' }])
  expect(worker.log).toEqual(['run', 'pause(false)', 'moveToDelayed 1 token 1 later', 'moved 1', 'close()'])
})

test('a job that BullMQ had fetched already is handed back before its processor has seen it', async () => {
  const step = vi.fn<Step>(async () => {})
  const { kernel, worker } = await working(step)
  const stopped = kernel.shutdown('over', { delay: 100 })
  await vi.waitFor(() => expect(worker.log).toContain('pause(false)'))
  worker.take('1')
  await stopped
  expect(step).not.toHaveBeenCalled()
  expect(worker.log).toEqual(['run', 'pause(false)', 'moveToWait 1 token 1', 'moved 1', 'close()'])
})

test('early versions without moveToWait get it among those that are delayed, for now', async () => {
  const { kernel, worker } = await working(honouring)
  Object.assign(worker.take('1'), { moveToWait: undefined })
  await kernel.shutdown('over')
  expect(worker.log).toContain('moveToDelayed 1 token 1 now')
})

test('an error of its own that is no answer to being told is an error of the job', async () => {
  const { worker } = await working(async () => Promise.reject(new Error('no such address')))
  worker.take('1')
  await vi.waitFor(() => expect(worker.log).toContain('failed 1: no such address'))
})

test('what cannot be handed back is told, and is an error', async () => {
  const { kernel, worker } = await working(honouring)
  worker.take('1').broken = new Error('Missing lock for job 1')
  await expect(kernel.shutdown('over')).rejects.toThrow(
    'job mails 1 could not be handed back: Missing lock for job 1; it is run again once its lock has run out',
  )
})

test('jobs whose locks are lost are told to end, and are counted', async () => {
  const reasons: string[] = []
  const { kernel, worker } = await working((job, token, signal) =>
    honouring(job, token, signal).catch((error) => void reasons.push(String(error))),
  )
  worker.take('1')
  worker.take('2')
  worker.emit('lockRenewalFailed', ['2'])
  await vi.waitFor(() =>
    expect(reasons).toEqual(['AbortError: job mails 2 must end: its lock was lost, another worker may run it']),
  )
  worker.emit('stalled', '3', 'active')
  worker.emit('failed', undefined, new Error('x'), 'active')
  expect(kernel.inspect().resources[0]?.counts).toMatchObject({ active: 1, lostLocks: 1, stalled: 1, failed: 1 })
})

test('what is only emitted is kept, and told by the next check', async () => {
  const { kernel, worker } = await working(async () => {})
  worker.emit('error', new Error('could not renew lock for job 1'))
  expect(await kernel.check()).toMatchObject([{ ok: false, error: expect.stringContaining('could not renew lock for job 1') }])
  expect(await kernel.check()).toMatchObject([{ ok: true }])
  for (const id of [1, 2, 3]) worker.emit('error', new Error(`Missing lock for job ${id}`))
  const [{ error } = {}] = await kernel.check()
  expect(error).toContain('BullMQ told of 3 errors, the last: Missing lock for job 3')
  expect(kernel.inspect().resources[0]?.counts).toMatchObject({ errors: 4 })
})

test('what is emitted in the shutdown is in the report', async () => {
  const { kernel, worker } = await working(
    async () => void worker.emit('error', new Error('Missing key for job 1. moveToFinished')),
  )
  worker.take('1')
  await expect(kernel.shutdown('over')).rejects.toThrow('Missing key for job 1. moveToFinished')
})

test('health follows Redis, and errors of the connection are its reason, without the password', async () => {
  const { kernel, worker } = await working(async () => {})
  worker.redis.lose(new Error('read ECONNRESET of redis://:s3cret-word@127.0.0.1'))
  expect(kernel.probe().ready).toBe(false)
  expect(JSON.stringify(kernel.inspect())).not.toContain('s3cret-word')
  worker.redis.back()
  expect(kernel.probe().ready).toBe(true)
})

test('a Redis that answers nothing is not waited for at the end, nor is one that is away', async () => {
  const silent = await working(forever)
  silent.worker.take('1')
  silent.worker.redis.answers = false
  await silent.kernel.shutdown('over')
  expect(silent.worker.log.slice(-2)).toEqual(['close(true)', 'connection.close(true)'])
  expect(silent.worker.redis.destroyed).toBeGreaterThan(0)
  const away = await working(async () => {})
  away.worker.blocking.lose()
  away.worker.redis.lose()
  await away.kernel.shutdown('over')
  // Its wait for the next job cannot be interrupted, for it is not connected.
  expect(away.worker.log).toEqual(['run', 'pause(true)', 'close(true)', 'connection.close(true)'])
})

test('closed by something else, it has crashed', async () => {
  const { kernel, worker } = await working(async () => {})
  worker.emit('closed')
  expect(kernel.inspect().resources[0]?.error).toContain('closed by something other than the kernel')
})

test('a start that is given up because another resource was refused by Redis has not failed itself', async () => {
  FakeBase.ready = new Promise(() => {})
  const refused = resource('refused', {
    start: async () => {
      await expect.poll(() => made.length).toBe(1)
      throw new Error('WRONGPASS invalid username-password pair')
    },
  })
  const kernel = createKernel([refused, bullWorker('mailer', { url, processor: () => async () => {} })])
  const error = await kernel.start().catch((error: StartError) => error)
  expect((error as StartError).errors).toMatchObject([{ resource: 'refused', code: 'START_FAILED' }])
})

test('a start that fails says why, tries again unless it is refused, and leaves nothing open', async () => {
  FakeBase.ready = new Error('WRONGPASS invalid username-password pair or user is disabled: s3cret-word')
  const kernel = createKernel([bullWorker('mailer', { url, processor: () => async () => {} })])
  const error: unknown = await kernel.start().catch((error: unknown) => error)
  expect(error).toBeInstanceOf(StartError)
  expect(String(error)).toContain('WRONGPASS')
  expect(String(error)).not.toMatch(/s3cret-word|try \d/)
  expect(made).toHaveLength(1)
  expect(made[0]?.redis.destroyed).toBe(1)

  FakeBase.ready = new Error('connect ECONNREFUSED 127.0.0.1:6379')
  const again = createKernel([bullWorker('mailer', { url, retry: { attempts: 2, delay: 1 }, processor: () => async () => {} })])
  await expect(again.start()).rejects.toThrow('connect ECONNREFUSED 127.0.0.1:6379')
  expect(made).toHaveLength(3)
})

test('a server that hangs up before it has answered is one that may want TLS, which is said', async () => {
  FakeBase.ready = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  const define = () => createKernel([bullWorker('mailer', { url, retry: { attempts: 1 }, processor: () => async () => {} })])
  const message = 'the server hung up before it had answered; if it wants TLS, say rediss://'
  await expect(define().start()).rejects.toThrow(`read ECONNRESET: ${message}`)
  FakeBase.ready = new Promise(() => {})
  const silently = define().start()
  await vi.waitFor(() => expect(made).toHaveLength(2))
  made[1]?.redis.emit('close')
  await expect(silently).rejects.toThrow(message)
})

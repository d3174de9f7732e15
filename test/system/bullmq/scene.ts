import { createKernel, type Kernel, type KernelOptions, type Resource, StartError } from '@keelson/kernel'
import { type RedisServer, type RedisServerOptions, redisServer } from '@keelson/test-servers'
import type * as Bullmq from 'bullmq'
import { expect, onTestFinished } from 'vitest'

/** A major of BullMQ, and this package on top of it. */
export interface Flavour {
  readonly keelson: typeof import('@keelson/bullmq')
  readonly bullmq: typeof Bullmq
  /** The name under which that is installed here. */
  readonly driver: string
}

/** Locks run out soon and stalled jobs are found soon, so that a test sees what is lost. */
export const HASTY = { lockDuration: 1_000, stalledInterval: 500, drainDelay: 1 }
/** What a busy machine may need for what comes at once. */
export const SOON = { timeout: 20_000, interval: 50 }
/** The checks do not interfere: only what is pushed changes the health. */
export const QUIET = { interval: 3_600_000 }

export async function redis(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await redisServer(options)
  onTestFinished(async () => await server.stop())
  return server
}

/** Running; ended with the test. */
export async function running(resources: readonly Resource<unknown>[], options: KernelOptions = {}): Promise<Kernel> {
  const kernel = createKernel(resources, { shutdown: { timeout: 10_000 }, ...options })
  onTestFinished(async () => void (await kernel.shutdown('test over').catch(() => {})))
  return await kernel.start()
}

/** A queue of plain BullMQ, which looks on from outside. */
export function outside({ bullmq }: Flavour, name: string, { port }: RedisServer): Bullmq.Queue {
  const queue = new bullmq.Queue(name, { connection: { host: '127.0.0.1', port } })
  queue.on('error', () => {})
  onTestFinished(async () => await queue.close())
  return queue
}

/** A worker of plain BullMQ that takes what this one leaves: stalled jobs, too. */
export function rival({ bullmq }: Flavour, name: string, { port }: RedisServer, done: string[] = []): string[] {
  const worker = new bullmq.Worker(name, async (job) => void done.push(String(job.id)), {
    connection: { host: '127.0.0.1', port },
    ...HASTY,
  })
  worker.on('error', () => {})
  onTestFinished(async () => await worker.close(true))
  return done
}

/** Something that is done when somebody says so. */
export function gate<T = void>(): { promise: Promise<T>; open(value: T): void; shut(error: unknown): void } {
  let open: (value: T) => void = () => {}
  let shut: (error: unknown) => void = () => {}
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve
    shut = reject
  })
  promise.catch(() => {})
  return { promise, open, shut }
}

/** Rejects with the reason of the signal, as what honours one does. */
export async function untilAborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What a start fails with. */
export async function failureOf(kernel: Kernel): Promise<string> {
  const error: unknown = await kernel.start().catch((error: unknown) => error)
  expect(error).toBeInstanceOf(StartError)
  return (error as StartError).message
}

/** Where a job is, as BullMQ sees it. */
export async function stateOf(queue: Bullmq.Queue, id: string | undefined): Promise<string> {
  return await (await queue.getJob(String(id)))!.getState()
}

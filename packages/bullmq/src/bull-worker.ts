import { type Dependencies, type Resource, resource, type StartContext, type Values } from '@keelson/kernel'
import { type Job, Worker, type WorkerOptions } from 'bullmq'
import { Bull, patience } from './bull.js'
import { type BullOptions, checkOptions, invalid, untilTheBudgetEnds, withHooks } from './bull-options.js'
import { targetOf } from './connection.js'
import { WorkerLife } from './worker-life.js'

/**
 * What is done with one job. `signal` aborts when it must end: shortly before the drain of its worker has to be over, when its lock is
 * lost, and by `worker.cancelJob()`. A job that rejects after the drain's abort is handed back; it has not failed.
 */
export type JobProcessor<Data, Result, Name extends string> = (
  job: Job<Data, Result, Name>,
  token: string,
  signal: AbortSignal,
) => PromiseLike<Result>

export interface BullWorkerOptions<D extends Dependencies<D>, Data, Result, Name extends string>
  extends BullOptions<Worker<Data, Result, Name>, D> {
  /** The name of the queue in Redis; default the name of the resource. */
  queue?: string
  /** Called at each start with the dependencies of that moment; returns what is done with each job. */
  processor(deps: Values<D>, ctx: StartContext): JobProcessor<Data, Result, Name> | PromiseLike<JobProcessor<Data, Result, Name>>
  /**
   * How long before the end of its drain the signals of jobs that still go on abort, so that they can end, in ms; default 2000, at most half
   * of what the drain has.
   */
  grace?: number
  /** Passed to BullMQ unchanged. */
  options?: Omit<WorkerOptions, 'connection' | 'autorun' | 'useWorkerThreads' | 'workerForkOptions' | 'workerThreadsOptions'>
}

/**
 * A BullMQ `Worker` that loses no job. It takes work from its activation on, when everything runs, until the first instant of a shutdown. Its
 * drain lets active jobs finish, with their locks renewed, for what the budget leaves (`timeouts.drain` is `Infinity` by default); shortly
 * before that is over their signals abort, and what does not end is handed back to the queue.
 *
 * Needs the peer `bullmq`, 5 or 6.
 *
 * @throws KeelsonError `INVALID_OPTION`, for the file of a sandboxed processor, too; a missing `url` fails the start instead.
 *
 * @example
 * const mailer = bullWorker('mailer', {
 *   queue: 'mails',
 *   url: process.env.REDIS_URL,
 *   dependsOn: { smtp },
 *   processor: ({ smtp }) => async (job: Job<Mail>, token, signal) => await smtp.send(job.data, { signal }),
 * })
 */
export function bullWorker<
  // biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
  const D extends Dependencies<D> = {},
  // biome-ignore lint/suspicious/noExplicitAny: as of BullMQ's own.
  Data = any,
  // biome-ignore lint/suspicious/noExplicitAny: as of BullMQ's own.
  Result = any,
  Name extends string = string,
>(name: string, options: BullWorkerOptions<D, Data, Result, Name>): Resource<Worker<Data, Result, Name>> {
  checkOptions(name, options)
  checkProcessor(name, options.processor)
  checkGrace(name, options.grace)
  const { queue = name, processor, grace, options: own, timeouts } = options
  type Made = Worker<Data, Result, Name>
  const lives = new WeakMap<Made, WorkerLife<Made>>()
  const hooks = withHooks<Made, D>(name, options, ['queue', 'processor', 'grace'], {
    timeouts: untilTheBudgetEnds(timeouts),
    async start(deps, ctx) {
      const made: unknown = await processor(deps, ctx)
      if (typeof made !== 'function') throw invalid(name, 'processor', 'must return a function: (deps) => async (job) => …')
      const process = made as JobProcessor<Data, Result, Name>
      const life = await WorkerLife.start<Made>(ctx, queue, grace, async (jobs) => {
        // BullMQ hands its signal to who takes three arguments, none of them with a default.
        const handle = async (job: Job<Data, Result, Name>, token?: string, cancel?: AbortSignal) =>
          await jobs.process(job, token ?? '', cancel, async (token, signal) => await process(job, token, signal))
        const make = (connection: WorkerOptions['connection']) =>
          new Worker<Data, Result, Name>(queue, handle, { ...own, connection, autorun: false })
        const target = await targetOf(options, deps, ctx, true)
        return await Bull.open<Made>(target, make, ctx, patience(timeouts?.start, 30_000))
      })
      lives.set(life.value, life)
      return life.value
    },
    activate: (value) => lives.get(value)?.activate(),
    quiesce: (value) => lives.get(value)?.quiesce(),
    check: (value, { signal }) => lives.get(value)?.check(timeouts, signal),
    drain: (value, ctx) => lives.get(value)?.drain(ctx),
    stop: (value, ctx) => lives.get(value)?.stop(ctx),
    kill: (value) => lives.get(value)?.kill(),
  })
  return resource(name, hooks)
}

function checkProcessor(name: string, processor: unknown): void {
  if (typeof processor === 'function') return
  if (typeof processor === 'string' || processor instanceof URL) {
    const remedy = 'make it (deps) => async (job) => …, and give what needs a thread of its own to a pool of them'
    throw invalid(name, 'processor', `is a file, whose processes nobody could drain; ${remedy}`)
  }
  throw invalid(name, 'processor', 'must be a function: (deps) => async (job, token, signal) => …')
}

function checkGrace(name: string, grace: unknown): void {
  if (grace === undefined || (typeof grace === 'number' && grace >= 0)) return
  throw invalid(name, 'grace', 'must be a number of ms, 0 or more')
}

import { type Dependencies, type Resource, resource } from '@keelson/kernel'
import { Queue, type QueueOptions } from 'bullmq'
import { Bull, patience } from './bull.js'
import { type BullOptions, checkOptions, withHooks } from './bull-options.js'
import { targetOf } from './connection.js'

export interface BullQueueOptions<T, D extends Dependencies<D>> extends BullOptions<T, D> {
  /** The name of the queue in Redis; default the name of the resource. */
  queue?: string
  /** Passed to BullMQ unchanged. */
  options?: Omit<QueueOptions, 'connection'>
}

/**
 * A BullMQ `Queue`, for who adds jobs: `start` connects, the check asks Redis how many jobs there are, which `inspect()` shows as `counts`, and
 * it is unhealthy from the moment the connection is lost until it is back. BullMQ reconnects by itself.
 *
 * Types: `bullQueue<Mail>('mails', { url })` names those of the jobs; the dependencies are then not inferred.
 *
 * Needs the peer `bullmq`, 5 or 6.
 *
 * @throws KeelsonError `INVALID_OPTION`; a missing `url` fails the start instead, so that a graph can be planned without its environment.
 *
 * @example
 * const mails = bullQueue<Mail>('mails', { url: process.env.REDIS_URL })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function bullQueue<const D extends Dependencies<D> = {}>(
  name: string,
  options: BullQueueOptions<Queue, D>,
): Resource<Queue>
export function bullQueue<Data, Result = unknown, Name extends string = string>(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: with the types of the jobs given, TypeScript infers no other.
  options: BullQueueOptions<Queue<Data, Result, Name>, any>,
): Resource<Queue<Data, Result, Name>>
export function bullQueue<D extends Dependencies<D>>(name: string, options: BullQueueOptions<Queue, D>): Resource<Queue> {
  checkOptions(name, options)
  const { queue = name, options: own, timeouts } = options
  const lives = new WeakMap<Queue, Bull<Queue>>()
  /** As of the last check. */
  const counts = new WeakMap<Queue, Record<string, number>>()
  const hooks = withHooks<Queue, D>(name, options, ['queue'], {
    async start(deps, ctx) {
      const target = await targetOf(options, deps, ctx, false)
      const make = (connection: QueueOptions['connection']) => new Queue(queue, { ...own, connection })
      const bull = await Bull.open(target, make, ctx, patience(timeouts?.start, 30_000))
      lives.set(bull.value, bull)
      ctx.counters(() => ({ ...counts.get(bull.value), errors: bull.watch.errors }))
      return bull.value
    },
    check: async (value, { signal }) => {
      const count = async () => counts.set(value, await value.getJobCounts('waiting', 'active', 'delayed', 'failed'))
      await lives.get(value)?.check(timeouts, signal, count)
    },
    drain: (value, ctx) => lives.get(value)?.drain(ctx),
    stop: (value, ctx) => lives.get(value)?.close(ctx),
    kill: (value) => lives.get(value)?.destroy(),
  })
  return resource(name, hooks)
}

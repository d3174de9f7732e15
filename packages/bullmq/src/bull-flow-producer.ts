import { type Dependencies, type Resource, resource } from '@keelson/kernel'
import { FlowProducer, type QueueBaseOptions } from 'bullmq'
import { Bull, patience } from './bull.js'
import { type BullOptions, checkOptions, withHooks } from './bull-options.js'
import { targetOf } from './connection.js'

export interface BullFlowProducerOptions<D extends Dependencies<D>> extends BullOptions<FlowProducer, D> {
  /** Passed to BullMQ unchanged. */
  options?: Omit<QueueBaseOptions, 'connection'> & { prefix?: string }
}

/**
 * A BullMQ `FlowProducer`, for who adds jobs that depend on each other: connected, checked by a ping and closed as `bullQueue` is.
 *
 * Needs the peer `bullmq`, 5 or 6.
 *
 * @throws KeelsonError `INVALID_OPTION`; a missing `url` fails the start instead.
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function bullFlowProducer<const D extends Dependencies<D> = {}>(
  name: string,
  options: BullFlowProducerOptions<D>,
): Resource<FlowProducer> {
  checkOptions(name, options)
  const { options: own, timeouts } = options
  const lives = new WeakMap<FlowProducer, Bull<FlowProducer>>()
  const hooks = withHooks<FlowProducer, D>(name, options, [], {
    async start(deps, ctx) {
      const target = await targetOf(options, deps, ctx, false)
      const make = (connection: QueueBaseOptions['connection']) => new FlowProducer({ ...own, connection })
      const bull = await Bull.open(target, make, ctx, patience(timeouts?.start, 30_000))
      lives.set(bull.value, bull)
      ctx.counters(() => ({ errors: bull.watch.errors }))
      return bull.value
    },
    check: (value, { signal }) => lives.get(value)?.check(timeouts, signal),
    drain: (value, ctx) => lives.get(value)?.drain(ctx),
    stop: (value, ctx) => lives.get(value)?.close(ctx),
    kill: (value) => lives.get(value)?.destroy(),
  })
  return resource(name, hooks)
}

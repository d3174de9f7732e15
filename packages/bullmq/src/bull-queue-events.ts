import { type Dependencies, type Resource, resource } from '@keelson/kernel'
import { QueueEvents, type QueueEventsOptions } from 'bullmq'
import { Bull, patience } from './bull.js'
import { type BullOptions, checkOptions, withHooks } from './bull-options.js'
import { targetOf } from './connection.js'
import { msUntil, within } from './time.js'

/** How long a connection may take to close by itself, in ms: one to a Redis that is silent does not. */
const PROMPT = 500

export interface BullQueueEventsOptions<D extends Dependencies<D>> extends BullOptions<QueueEvents, D> {
  /** The name of the queue in Redis; default the name of the resource. */
  queue?: string
  /** Passed to BullMQ unchanged. */
  options?: Omit<QueueEventsOptions, 'connection' | 'autorun'>
}

/**
 * BullMQ's `QueueEvents`: what happens to the jobs of a queue, wherever they run. It listens from its start on, so that
 * `job.waitUntilFinished(events)` of what depends on it misses nothing; what depends on it has stopped before it does.
 *
 * Needs the peer `bullmq`, 5 or 6.
 *
 * @throws KeelsonError `INVALID_OPTION`; a missing `url` fails the start instead.
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function bullQueueEvents<const D extends Dependencies<D> = {}>(
  name: string,
  options: BullQueueEventsOptions<D>,
): Resource<QueueEvents> {
  checkOptions(name, options)
  const { queue = name, options: own, timeouts } = options
  const lives = new WeakMap<QueueEvents, Bull<QueueEvents>>()
  const hooks = withHooks<QueueEvents, D>(name, options, ['queue'], {
    async start(deps, ctx) {
      const target = await targetOf(options, deps, ctx, true)
      const make = (connection: QueueEventsOptions['connection']) =>
        new QueueEvents(queue, { ...own, connection, autorun: false })
      const bull = await Bull.open(target, make, ctx, patience(timeouts?.start, 30_000), true)
      const { value, watch } = bull
      lives.set(value, bull)
      ctx.counters(() => ({ errors: watch.errors }))
      value.run().catch((error) => ctx.crashed(watch.secrets.hide(error)))
      return value
    },
    // Its connection waits for events: a ping would wait with it.
    check: (value, { signal }) => lives.get(value)?.check(timeouts, signal, async () => {}),
    // Nothing is lost with it.
    async stop(value, ctx) {
      await within(value.close(), Math.min(PROMPT, msUntil(ctx.deadline) / 2), ctx.signal)
      lives.get(value)?.destroy()
    },
    kill: (value) => lives.get(value)?.destroy(),
  })
  return resource(name, hooks)
}

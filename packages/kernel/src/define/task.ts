import { fromCaller } from '../errors.js'
import type { Resource } from './carrier.js'
import type { Dependencies, Values } from './dependency.js'
import { graphReader } from './graph-reader.js'
import { type AnyOptions, definitionFrom, type ResourceOptions, unbounded } from './resource.js'
import type { TaskContext } from './task-context.js'
import { type Task, type TaskRun, taskRun } from './task-run.js'
import { validateTask } from './validate-task.js'

/** What a task has of a resource: everything but its hooks. */
type TaskSettings<D extends Dependencies<D>> = Omit<
  ResourceOptions<Task, D>,
  'start' | 'check' | 'monitor' | 'activate' | 'quiesce' | 'drain' | 'stop' | 'kill'
>

export interface TaskOptions<D extends Dependencies<D>> extends TaskSettings<D> {
  /**
   * The work: a loop that goes on until `ctx.stopping` aborts, and ends soon after that, or a job that is done at some time. Called when
   * everything runs that must, as `activate` of a resource, and again after each restart. To fail is to crash: the restart policy
   * decides, and without one the impact. To resolve without being told to is what `onEnd` is about.
   */
  run(deps: Values<D>, ctx: TaskContext): PromiseLike<unknown>
  /**
   * What comes of it when `run` resolves without being told to; default `'shutdown'`.
   * - `'shutdown'`: a job that is done: the kernel is shut down, once everything runs.
   * - `'restart'`: it is run again, by its restart policy; without one after 100 ms, and later each time when it ends within a minute.
   * - `'ignore'`: nothing.
   */
  onEnd?: 'shutdown' | 'restart' | 'ignore'
  /**
   * When it counts as ready; default `'at-once'`, as soon as `run` is called. `'signalled'`: once it has called `ctx.ready()`; until then
   * the kernel is starting, for at most `timeouts.start`, and what depends on it is not activated.
   */
  ready?: 'at-once' | 'signalled'
}

/**
 * Work that goes on beside everything else: a consumer, a loop, a job. It is told to end by `ctx.stopping` before what it depends on
 * stops, and waited for within `timeouts.drain`, which is `Infinity` by default: what the budget of the shutdown leaves. A service of
 * one task is a job: `run(kernel)` ends the process, with code 0 when it is done and 1 when it has failed.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const consumer = task('consumer', {
 *   dependsOn: { queue },
 *   run: async ({ queue }, { stopping, track }) => {
 *     for await (const job of queue.jobs({ signal: stopping })) await track(`job ${job.id}`, () => handle(job))
 *   },
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function task<const D extends Dependencies<D> = {}>(name: string, options: TaskOptions<D>): Resource<Task> {
  try {
    validateTask(name, options)
    graphReader()?.knows?.(name, { onEnd: options.onEnd ?? 'shutdown', restarts: options.restart !== undefined })
    return definitionFrom(name, hooksOf(options) as unknown as AnyOptions) as Resource<unknown> as Resource<Task>
  } catch (error) {
    throw fromCaller(task, error)
  }
}

/** Its own options are carried out here; the others are those of the resource, as they are written: `dependsOn` may be a getter. */
function hooksOf<const D extends Dependencies<D>>(options: TaskOptions<D>): ResourceOptions<Task, D> {
  const others = Object.fromEntries(Object.entries(Object.getOwnPropertyDescriptors(options)).filter(([key]) => !OWN.has(key)))
  const hooks: Pick<ResourceOptions<Task, D>, 'timeouts' | 'start' | 'activate' | 'drain'> = {
    timeouts: unbounded('drain', options.timeouts),
    start: (deps, ctx) => {
      const { onEnd, ready } = options
      return taskRun(ctx, { run: (context) => options.run(deps, context), onEnd, ready })
    },
    activate: (task) => (task as TaskRun).begin(),
    drain: (task) => (task as TaskRun).end(),
  }
  return Object.defineProperties(hooks, others) as ResourceOptions<Task, D>
}

const OWN: ReadonlySet<string> = new Set(['run', 'onEnd', 'ready', 'timeouts'])

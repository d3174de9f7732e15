import { type Dependencies, type Resource, type RetryOptions, resource, type StartContext, type Values } from '@keelson/kernel'
import { checkFunction, checkMs, checkOneOf, invalidOption } from '../invalid-option.js'
import { takenOverAt } from '../leader/takeovers.js'
import { checkIsObject, type Lifecycle, withHooks } from '../lifecycle.js'
import type { CronJob } from './cron-job.js'
import { Job, type JobPlan } from './job.js'
import { JobMemories } from './memory.js'
import { Retries } from './retries.js'
import type { CronContext, CronRun } from './run-context.js'
import { Timetable } from './timetable.js'

export interface CronOptions<D extends Dependencies<D>> extends Lifecycle<CronJob, D> {
  /** One run. It should end soon after `ctx.signal` aborts. */
  run(deps: Values<D>, ctx: CronContext): unknown
  /**
   * What becomes of a tick while the run before goes on; default `'skip'`.
   * - `'skip'`: it is not run, and counted.
   * - `'queue'`: it is run when all before it have ended; at most 1,001 wait.
   * - `'allow'`: it is run at once.
   */
  overlap?: 'skip' | 'queue' | 'allow'
  /** The name of a timezone, such as `'Europe/Berlin'`; default that of the process, which is UTC in most containers. */
  timezone?: string
  /**
   * What becomes of ticks at which nobody was there: the event loop was blocked, the machine slept, the job was being restarted. Default
   * `'none'`. A job that was missed is unhealthy until its next run has succeeded, and `counts.missed` has how many.
   * - `'none'`: the last of them is run if it is late by no more than `tolerance`, the others are missed.
   * - `'last'`: the last of them is run, however late.
   * - `'all'`: each of them is run, one after the other; at most 1,001.
   */
  catchUp?: 'none' | 'last' | 'all'
  /** By how many ms a run may be late with `catchUp: 'none'`; default 60_000. */
  tolerance?: number
  /**
   * When it last ran, from where your runs keep that: what has been missed since then, while no process was there, is missed, too.
   * Asked at each start. Without this, and in a process that has just begun, or has just come to lead, nothing has been missed.
   */
  lastRun?(deps: Values<D>, ctx: StartContext): Date | number | undefined | PromiseLike<Date | number | undefined>
  /** How a run that fails is tried again, before it counts as failed; without this it is not. `attempts` is 3 by default. */
  retries?: RetryOptions
  /** For how many ms a run may go on before it has failed, and its signal aborts; default `Infinity`. */
  runTimeout?: number
  /**
   * What comes of a run that failed; default `'unhealthy'`.
   * - `'unhealthy'`: the job is unhealthy until a run has succeeded, and its `impact` says what that means: `'degraded'` by default.
   * - `'crash'`: the job crashes: its `restart` policy decides, and without one the impact.
   * - a function is called with the error, and nothing else happens.
   */
  onError?: 'unhealthy' | 'crash' | ((error: unknown, run: CronRun) => unknown)
}

const OWN = [
  'run',
  'overlap',
  'timezone',
  'catchUp',
  'tolerance',
  'lastRun',
  'retries',
  'runTimeout',
  'onError',
  'timeouts',
] as const

/**
 * A job that runs at the times of a cron pattern: minute, hour, day, month and weekday, with seconds in front or a year behind if you
 * like. It ticks from when everything runs, and no more from the first instant of a shutdown, or of its own restart; the run that goes on
 * is waited for within `timeouts.drain`, which is `Infinity` by default: what the budget of the shutdown leaves. At the deadline its
 * `ctx.signal` aborts, while what it depends on is still there.
 *
 * `inspect()` counts `runs`, `failures`, `skipped`, `missed`, `running` and `queued`, and tells `nextRunAt` and `lastRunAt` in ms since
 * the epoch, `lastDurationMs`, and `lastFailed`, 1 or 0.
 *
 * @throws KeelsonError `INVALID_OPTION`, also for a pattern that cannot be read or whose time never comes; for one that a function makes
 * of the dependencies, the start fails with it.
 *
 * @example
 * const cleanup = cron('cleanup', '15 3 * * *', {
 *   dependsOn: { db },
 *   timezone: 'Europe/Berlin',
 *   run: ({ db }, { signal }) => deleteOldOrders(db, signal),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function cron<const D extends Dependencies<D> = {}>(
  name: string,
  pattern: string | ((deps: Values<D>) => string | PromiseLike<string>),
  options: CronOptions<D>,
): Resource<CronJob> {
  checkIsObject(name, options, "('cleanup', '15 3 * * *', { run })")
  validate(name, options as CronOptions<never>)
  const {
    overlap = 'skip',
    timezone,
    catchUp = 'none',
    tolerance = 60_000,
    runTimeout = Infinity,
    onError = 'unhealthy',
  } = options
  const retries = new Retries(name, options.retries)
  const fixed = typeof pattern === 'function' ? undefined : new Timetable(name, pattern, timezone)
  const memories = new JobMemories()
  const { timeouts = {} } = options
  const hooks = withHooks<Job, D>(name, options, OWN, {
    impact: 'degraded',
    timeouts: timeouts.drain === undefined ? { ...timeouts, drain: Infinity } : timeouts,
    async start(deps, ctx) {
      const timetable = fixed ?? new Timetable(ctx.name, await (pattern as (deps: Values<D>) => unknown)(deps), timezone)
      const run = (context: CronContext) => options.run(deps, context)
      const plan: JobPlan = { timetable, overlap, catchUp, tolerance, runTimeout, retries, onError, run }
      const memory = memories.of(ctx.kernel)
      memory.begins(await timeOfLastRun(options, deps, ctx), takenOverAt(ctx))
      return new Job(plan, ctx, memory)
    },
    activate: (job) => job.begin(),
    quiesce: (job) => job.quiesce(),
    drain: (job) => job.drain(),
    stop: (job, { reason }) => job.end(reason),
  })
  return resource<Job, D>(name, hooks)
}

async function timeOfLastRun<D extends Dependencies<D>>(
  { lastRun }: CronOptions<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<number | undefined> {
  const told = await lastRun?.(deps, ctx)
  if (told === undefined || told === null) return undefined
  const at = Number(told)
  if (Number.isFinite(at)) return at
  throw invalidOption(ctx.name, 'lastRun', 'returned no time', 'return a Date, milliseconds since the epoch, or undefined')
}

function validate(name: string, options: CronOptions<never>): void {
  checkFunction(name, 'run', options.run, true)
  checkFunction(name, 'lastRun', options.lastRun)
  checkOneOf(name, 'overlap', options.overlap, ['skip', 'queue', 'allow'])
  checkOneOf(name, 'catchUp', options.catchUp, ['none', 'last', 'all'])
  checkMs(name, 'tolerance', options.tolerance)
  checkMs(name, 'runTimeout', options.runTimeout, 1)
  if (typeof options.onError !== 'function') checkOneOf(name, 'onError', options.onError, ['unhealthy', 'crash'])
}

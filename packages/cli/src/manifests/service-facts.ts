import type { Kernel } from '@keelson/kernel'
import { usageError } from '../cli-error.js'

/** Where a service runs, as far as `run()` treats that differently. */
export type Where = 'kubernetes' | 'docker' | 'systemd'

/** What `run()` fills in there, in ms, where `createKernel()` was given nothing: five seconds of lame duck; a second less than `docker stop` waits. */
const FILLED_IN: Readonly<Record<Where, { readonly delay?: number; readonly timeout?: number }>> = {
  kubernetes: { delay: 5_000 },
  docker: { timeout: 9_000 },
  systemd: {},
}

/** Of the options of `run()`, what a manifest depends on. */
export interface RunFacts {
  readonly probes?:
    | { readonly port: number; readonly host?: string; readonly paths?: Partial<Readonly<Record<keyof ProbePaths, string>>> }
    | false
  readonly exitGrace?: number
  readonly lastWords?: string | false
  readonly onFailure?: 'shutdown' | 'wait'
}

export interface ProbePaths {
  readonly live: string
  readonly ready: string
  readonly startup: string
}

/** What a manifest is derived from: the graph's own figures, in ms. */
export interface ServiceFacts {
  readonly name: string
  readonly start: {
    /** The longest that everything may take to start and to be activated; `undefined` where something has no limit. */
    readonly worstMs: number | undefined
    /** The chain of start timeouts that is, dependencies first. */
    readonly path: readonly string[]
    readonly pathMs: number
    /** The longest start timeout: `activate` hooks have it once more, after the starts. */
    readonly longestMs: number
    /** What has no start timeout. */
    readonly endless: readonly string[]
  }
  readonly stop: {
    readonly delayMs: number
    /** Whether `run()` has chosen the delay or the timeout for this platform. */
    readonly delayIsFitted: boolean
    readonly timeoutIsFitted: boolean
    /** The budget of a shutdown, its delay included. */
    readonly timeoutMs: number
    /** What the hooks ask for on the longest path, with the delay: more than the budget where they have no timeout. */
    readonly askedMs: number
    readonly exitGraceMs: number
    /** All of that: until the process is gone, if it can run at all. */
    readonly overMs: number
  }
  readonly probes: { readonly port: number; readonly host: string | undefined } | undefined
  readonly paths: ProbePaths
  /** Resources whose checks take the service out of rotation, and how many failures in a row do. */
  readonly watched: readonly { readonly name: string; readonly failureThreshold: number }[]
  readonly run: RunFacts
}

/**
 * Reads a kernel that has not been started, as `run()` would see it there.
 *
 * @throws CliError when no grace of a platform can be enough for it.
 */
export function factsOf(
  kernel: Pick<Kernel, 'name' | 'plan' | 'inspect' | 'defaults'>,
  run: RunFacts,
  where: Where,
): ServiceFacts {
  const given = kernel.plan().shutdown
  kernel.defaults({ shutdown: FILLED_IN[where] })
  const plan = kernel.plan()
  const { delayMs, timeoutMs } = plan.shutdown
  const starts = plan.resources.map(({ startTimeoutMs }) => startTimeoutMs)
  const longestMs = Math.max(0, ...starts)
  const worstMs = plan.startMs + longestMs
  const askedMs = delayMs + Math.max(0, ...plan.resources.map(({ shutdown }) => shutdown.pathMs))
  const exitGraceMs = run.exitGrace === undefined || run.exitGrace === Infinity ? EXIT_GRACE : Math.max(run.exitGrace, EXIT_GRACE)
  const budgetMs = timeoutMs === Infinity ? askedMs : timeoutMs
  if (budgetMs === Infinity) throw endlessShutdown(kernel.name)
  const { probes } = run
  return {
    name: kernel.name,
    start: {
      worstMs: worstMs === Infinity ? undefined : worstMs,
      path: plan.criticalPath,
      pathMs: plan.startMs,
      longestMs,
      endless: plan.resources.filter(({ startTimeoutMs }) => startTimeoutMs === Infinity).map(({ name }) => name),
    },
    stop: {
      delayMs,
      delayIsFitted: delayMs !== given.delayMs,
      timeoutIsFitted: timeoutMs !== given.timeoutMs,
      timeoutMs,
      askedMs,
      exitGraceMs,
      overMs: budgetMs + exitGraceMs,
    },
    probes: probes ? { port: probes.port, host: probes.host } : undefined,
    paths: pathsOf(probes || undefined),
    watched: kernel
      .inspect()
      .resources.flatMap(({ name, impact, failureThreshold }) =>
        failureThreshold === undefined || impact !== 'unready' ? [] : [{ name, failureThreshold }],
      ),
    run,
  }
}

function pathsOf(probes: Exclude<RunFacts['probes'], false>): ProbePaths {
  const { live = '/livez', ready = '/readyz', startup = '/startupz' } = probes?.paths ?? {}
  return { live, ready, startup }
}

/** In ms; the default of `run()`, and the least that its last deadline leaves. */
const EXIT_GRACE = 1_000

function endlessShutdown(name: string) {
  return usageError(
    `a shutdown of ${name} has no limit, so that no grace period of a platform is long enough`,
    'give it one: createKernel(resources, { shutdown: { timeout: 25_000 } })',
  )
}

import { constants } from 'node:os'
import { usageError } from '../cli-error.js'
import type { Thresholds } from './report/judge.js'
import { type DrillReport, type ScenarioReport, scenarioReport, worstFirst } from './report/report.js'
import { clientLeaves, idleKeepAlive } from './scenarios/connections.js'
import { dependencyCut, dependencyWedged } from './scenarios/dependencies.js'
import { type Facts, SCENARIOS, type ScenarioName } from './scenarios/facts.js'
import { Stage } from './scenarios/stage.js'
import { termWhileStarting } from './scenarios/starting.js'
import { ctrlCUnderAShell, termTwice, termUnderLoad } from './scenarios/terminated.js'
import { parseDependency } from './service/dependency.js'
import { shown } from './service/output.js'
import { assertFree } from './service/target.js'

/** How a service is drilled. Times are in ms. */
export interface DrillOptions {
  /** The command that starts the service, and its arguments. */
  readonly command: readonly string[]
  /** Where it takes requests. Default: the port that its processes listen on, or PORT. */
  readonly port?: number
  /** The paths that are asked for, with GET, one after the other. Default `/`. */
  readonly paths?: readonly string[]
  /** Where it says whether it is ready: `/readyz`, `:9090/readyz` or a URL. Default: it is ready when it answers. */
  readonly ready?: string
  /** `name: value`, sent with every request. */
  readonly headers?: readonly string[]
  /** How many connections are kept. Default 20. */
  readonly connections?: number
  /** Requests per second; every fifth has a connection of its own. Default 200. */
  readonly rate?: number
  /** How long it has after a signal until it is killed. Default 10,000. */
  readonly grace?: number
  /** How long a balancer needs to notice that it is not ready, or that its port is closed; only with `ready`. Default 1,000. */
  readonly notice?: number
  /** How long it has until it answers. Default 30,000. */
  readonly startTimeout?: number
  /** How many requests a scenario may lose. Default 0. */
  readonly maxLost?: number
  /** How long an end may take. Default: the grace. */
  readonly maxTime?: number
  /** Exit codes that are no failure, besides 0 and the signal with which it was told to end. */
  readonly exitCodes?: readonly number[]
  /** `NAME=host:port`; without any, the scenarios about dependencies are left out. */
  readonly dependencies?: readonly string[]
  /** Default: all that can be played. */
  readonly scenarios?: readonly ScenarioName[]
  /** Whether Node is told to note who ends it. Default true. */
  readonly preload?: boolean
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Ends the drill and all that it has started. */
  readonly signal?: AbortSignal
  /** Called before each scenario. */
  onScenario?(name: ScenarioName): void
}

const PLAY: Readonly<Record<ScenarioName, (stage: Stage) => Promise<Facts>>> = {
  'term-under-load': termUnderLoad,
  'idle-keep-alive': idleKeepAlive,
  'client-leaves': clientLeaves,
  'term-twice': termTwice,
  'term-while-starting': termWhileStarting,
  'ctrl-c-under-a-shell': ctrlCUnderAShell,
  'dependency-wedged': dependencyWedged,
  'dependency-cut': dependencyCut,
}

/**
 * Starts a service once for every scenario, puts load on it, tells it to end, and reports what clients and the platform saw. Rejects with a
 * `CliError` when nothing could be drilled, and with the reason of `signal` when that aborts. Nothing that it has started is left.
 */
export async function drill(options: DrillOptions): Promise<DrillReport> {
  const { command, port, ready, grace = 10_000, startTimeout = 30_000, preload = true, maxLost = 0, notice = 1_000 } = options
  const { paths = ['/'], headers = [], connections = 20, rate = 200, cwd = process.cwd(), env = process.env } = options
  const { maxTime = grace, signal = new AbortController().signal } = options
  const [file, ...args] = command
  if (file === undefined) throw usageError('there is no command', 'keelson drill [options] -- node server.js')
  const dependencies = (options.dependencies ?? []).map(parseDependency)
  const names = options.scenarios ?? SCENARIOS.filter((name) => dependencies.length > 0 || !name.startsWith('dependency-'))
  if (dependencies.length === 0 && names.some((name) => name.startsWith('dependency-'))) {
    throw usageError('there is no dependency', 'name it by --dependency NAME=host:port')
  }
  const taken = port ?? Number(env.PORT)
  if (Number.isInteger(taken) && taken > 0) await assertFree(taken)
  const stage = new Stage({
    command: file,
    args,
    cwd,
    env,
    port,
    ready,
    load: { paths, headers, connections, rate },
    grace,
    startTimeout,
    notice,
    preload,
    dependencies,
    signal,
  })
  const stop = () => stage.close()
  signal.addEventListener('abort', stop)
  try {
    const reports: ScenarioReport[] = []
    for (const name of names) {
      options.onScenario?.(name)
      const facts = await PLAY[name](stage)
      const thresholds = { maxLost, maxTime, grace, notice, exits: exitsOf(facts.signal, options.exitCodes ?? []) }
      reports.push(scenarioReport(facts, thresholds))
    }
    const scenarios = worstFirst(reports)
    return {
      ok: scenarios.every(({ ok }) => ok),
      command: shown(command.join(' ')),
      port: stage.port,
      grace,
      maxLost,
      maxTime,
      scenarios,
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stage.close()
  }
}

/** A service that ends with the signal it was sent, or with what a shell makes of that, ended as it was told to. */
function exitsOf(signal: Facts['signal'], codes: readonly number[]): Thresholds['exits'] {
  return new Set(['0', signal, String(128 + constants.signals[signal]), ...codes.map(String)])
}

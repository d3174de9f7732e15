import type { Kernel } from '@keelson/kernel'
import { serversOf } from '../drain/running-servers.js'
import type { HeldListener } from '../narrate/held-listeners.js'
import type { Line } from '../narrate/log.js'
import { count, duration, some } from '../words/duration.js'
import { attempt } from '../words/foreign.js'
import { problemOf } from '../words/problem.js'
import { allWork, workFields, workList } from '../words/work-text.js'
import type { End } from './ends.js'

/** A log line names no more resources than this. */
const MOST = 20

/** X6: what goes wrong in a listener of others is told, and is no failure of the kernel. */
export function listenerFailed({ event, ...place }: HeldListener, error: unknown): Line {
  const problem = problemOf(error)
  return {
    level: 'warn',
    message: `a listener of ${event} failed: ${whereOf(place)}: ${problem.message}`,
    fields: { event: 'process:listener', signal: event, ...place, error: problem },
  }
}

export function listenerLate({ event, ...place }: HeldListener, ms: number): Line {
  return {
    level: 'warn',
    message: `a listener of ${event} did not end within ${duration(ms)}: ${whereOf(place)}; going on without it`,
    fields: { event: 'process:listener', signal: event, ...place, afterMs: Math.round(ms) },
  }
}

function whereOf({ at, name }: Omit<HeldListener, 'event'>): string {
  return at ?? (name === undefined ? 'of unknown origin' : `${name}(), of unknown origin`)
}

/** X7: who ends the process, and what is lost with that. */
export function endedBy(kernel: Kernel, { call, exitCode, signal, by }: End, kept: boolean, sinceMs: number | undefined): Line {
  const { resources = [] } = attempt(() => kernel.inspect()) ?? {}
  const requests = attempt(() => serversOf(kernel).reduce((sum, { drainer }) => sum + drainer.stats().requests, 0)) ?? 0
  const work = allWork(resources.flatMap(({ work = [] }) => work))
  const unfinished = resources.filter(({ state }) => UNFINISHED.has(state)).map(({ name }) => name)
  const when =
    sinceMs === undefined
      ? `while ${kernel.name} was ${kernel.state}`
      : `${duration(sinceMs)} into the shutdown of ${kernel.name}`
  const what = call === 'process.exit' ? `exit code ${exitCode}` : signal
  const parts = [
    `${call}() was called by ${by?.at ?? 'code of unknown origin'} ${when}: ${kept ? `${what} is kept until it is over` : what}`,
    ...(requests > 0 ? [`${count(requests, 'request')} in flight`] : []),
    ...(work.count > 0 ? [`work in flight: ${workList(work)}`] : []),
    ...(unfinished.length > 0 ? [`not stopped: ${some(unfinished, 10)}`] : []),
  ]
  return {
    level: kept ? 'warn' : 'error',
    message: parts.join('; '),
    fields: {
      event: 'process:ended',
      call,
      ...(exitCode !== undefined && { exitCode }),
      ...(signal !== undefined && { signal }),
      ...by,
      ...(kept && { kept }),
      ...(sinceMs !== undefined && { afterMs: Math.round(sinceMs) }),
      requests,
      ...(work.count > 0 && { work: workFields(work) }),
      unfinished: unfinished.slice(0, MOST),
    },
  }
}

const UNFINISHED: ReadonlySet<string> = new Set(['starting', 'running', 'restarting', 'draining', 'stopping'])

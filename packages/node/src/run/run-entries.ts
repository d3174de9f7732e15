import type { Kernel } from '@keelson/kernel'
import type { Line, Row } from '../narrate/log.js'
import { duration, some } from '../words/duration.js'
import { adviceOf, type Problem, problemOf } from '../words/problem.js'
import type { ErrorOrigin } from './process-errors.js'

/** A log line names no more resources than this. */
const MOST = 20

/** `hint`: how not to wait, where there is a way. */
export function stoppingAlready(kernel: string, signal: NodeJS.Signals, hint?: string): Line {
  return {
    level: 'info',
    message: `${signal}: ${kernel} is stopping already${hint === undefined ? '' : `; ${hint}`}`,
    fields: { event: 'process:signal', signal },
  }
}

export function exitAtOnce(kernel: Pick<Kernel, 'inspect'>, signal: NodeJS.Signals, exitCode: number): Line {
  const unfinished = kernel.inspect().resources.filter(({ state }) => UNFINISHED.has(state))
  const names = unfinished.map(({ name }) => name)
  const left = names.length === 0 ? '' : `, without having stopped ${some(names, 10)}`
  return {
    level: 'error',
    message: `${signal} again: exiting at once${left}, exit code ${exitCode}`,
    fields: { event: 'process:exit', signal, exitCode, unfinished: names.slice(0, MOST) },
  }
}

const UNFINISHED: ReadonlySet<string> = new Set(['starting', 'running', 'restarting', 'draining', 'stopping'])

/** `then`: what comes of it; nothing more where the kernel is stopping already, nothing at all where it is only reported. */
export function uncaught(origin: ErrorOrigin, error: Problem, then: 'shutdown' | 'nothing' | 'report'): Line {
  const message = `${origin}: ${error.message}${then === 'shutdown' ? '; shutting down' : ''}`
  const rows = (error.stack ?? []).map((frame) => `   at ${frame}`)
  const fields = { event: 'process:error', origin, error, ...(then === 'report' && { reported: true }) } as const
  return { level: 'error', message, lines: [message, ...rows], fields }
}

/** Why a kernel is not live any more: because of resources, of which that has been told, or what `fail()` was given. */
export function kernelFailed(kernel: Pick<Kernel, 'name' | 'probe'>, then: 'shutdown' | 'wait' | 'nothing'): Line {
  const { name } = kernel
  const { reasons } = kernel.probe()
  const failure = reasons.find(({ kernel }) => kernel) ?? reasons[0]
  const message = typeof failure?.message === 'string' ? failure.message : 'for a reason that cannot be printed'
  const culprits = reasons.filter((reason) => !reason.kernel && reason.message === failure?.message)
  const names = culprits.slice(0, MOST).map(({ resource }) => resource)
  const why = names.length === 0 ? `: ${message}` : ` because of ${some(names, 5, culprits.length)}`
  return {
    level: 'error',
    message: `${name} failed${why}${THEN[then]}`,
    fields: { event: 'kernel:state', to: 'failed', resources: names, ...(names.length === 0 && { error: { message } }) },
  }
}

const THEN = { shutdown: '; shutting down', wait: '; waiting for the platform to end the process', nothing: '' } as const

/** A signal came before the start. */
export function notStarted(kernel: string, exitCode: number): Line {
  return {
    level: exitCode === 0 ? 'info' : 'error',
    message: `${kernel} was not started, exit code ${exitCode}`,
    fields: { event: 'run:not-started', exitCode },
  }
}

/** N6: nothing starts before the predecessor has let go of it. */
export function probePortTaken(kernel: string, port: number, waitMs: number): Line {
  return {
    level: 'info',
    message: `${kernel} waits up to ${duration(waitMs)} for port ${port} of its probe server, which is still in use`,
    fields: { event: 'run:waiting', port, waitMs: Math.round(waitMs) },
  }
}

/** `whose`: what of the run it was. */
export function runFailed(kernel: string, whose: 'its probe server' | 'its inspector', error: unknown, exitCode: number): Line {
  const problem = problemOf(error)
  const message = `${kernel} did not start: ${whose}: ${problem.message}, exit code ${exitCode}`
  const advice = adviceOf(problem)
  return {
    level: 'error',
    message,
    lines: advice === undefined ? [message] : [message, `   ${advice}`],
    fields: { event: 'run:not-started', exitCode, error: problem },
  }
}

/** Where a page of the kernel is; `taken`: the port that it would have been on. */
export function inspectorAt(kernel: string, url: string, taken?: number): Line {
  return {
    level: 'info',
    message: `${kernel} is shown at ${url}${taken === undefined ? '' : ` (port ${taken} is in use)`}`,
    fields: { event: 'run:inspector', url },
  }
}

/** The terminal has just written ^C without ending the line. */
export const NEW_LINE: Row = { level: 'info', message: '', lines: [''], fields: {}, terminalOnly: true }

import type { Kernel } from '@keelson/kernel'
import { some } from '../narrate/duration.js'
import type { Entry } from '../narrate/log.js'
import { adviceOf, problemOf } from '../narrate/problem.js'
import type { ErrorOrigin } from './process-errors.js'

export function stoppingAlready(kernel: string, signal: NodeJS.Signals): Entry {
  return {
    level: 'info',
    message: `${signal}: ${kernel} is stopping already; send it again to exit at once`,
    fields: { event: 'signal', signal },
  }
}

export function exitAtOnce(kernel: Pick<Kernel, 'inspect'>, signal: NodeJS.Signals, exitCode: number): Entry {
  const unfinished = kernel.inspect().resources.filter(({ state }) => UNFINISHED.has(state))
  const names = unfinished.map(({ name }) => name)
  const left = names.length === 0 ? '' : `, without having stopped ${some(names, 10)}`
  const message = `${signal} again: exiting at once${left}, exit code ${exitCode}`
  return { level: 'error', message, fields: { event: 'exit-at-once', signal, exitCode, unfinished: names.slice(0, 20) } }
}

const UNFINISHED: ReadonlySet<string> = new Set(['starting', 'running', 'restarting', 'draining', 'stopping'])

export function uncaught(kernel: string, origin: ErrorOrigin, error: unknown): Entry {
  const problem = problemOf(error)
  const message = `${origin}: ${problem.message}; shutting down`
  const frames = (problem.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const rows = frames.slice(0, 10).map((line) => `   ${line.trim()}`)
  return { level: 'error', message, lines: [message, ...rows], fields: { event: origin, kernel, problem } }
}

export function kernelFailed(kernel: Pick<Kernel, 'name' | 'probe'>, onFailure: 'shutdown' | 'wait'): Entry {
  const { name } = kernel
  // A resource that failed for good is a reason of its own, and why the kernel has failed.
  const why = [...new Set(kernel.probe().reasons.map(({ message }) => message))]
  const then = onFailure === 'wait' ? '; waiting for the platform to end the process' : ''
  return {
    level: 'error',
    message: `${name} failed: ${why.join('; ')}${then}`,
    fields: { event: 'failed', kernel: name, reasons: why },
  }
}

export function notStarted(kernel: string, exitCode: number): Entry {
  return {
    level: 'info',
    message: `${kernel} was not started, exit code ${exitCode}`,
    fields: { event: 'not-started', kernel, exitCode },
  }
}

export function probeServerFailed(kernel: string, error: unknown, exitCode: number): Entry {
  const problem = problemOf(error)
  const message = `${kernel} did not start: its probe server: ${problem.message}, exit code ${exitCode}`
  const advice = adviceOf(problem)
  return {
    level: 'error',
    message,
    lines: advice === undefined ? [message] : [message, `   ${advice}`],
    fields: { event: 'start-failed', kernel, exitCode, problem },
  }
}

/** The terminal has just written ^C without ending the line. */
export const NEW_LINE: Entry = { level: 'info', message: '', lines: [''], fields: {}, terminalOnly: true }

import { readFileSync } from 'node:fs'
import { createKernel, KeelsonError, type Kernel, type KernelEvent, type ShutdownReport, StartError } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { autopsyLine, foreignMark } from '../autopsy/autopsy-line.js'
import type { Mark } from '../autopsy/mark.js'
import { unwritten } from '../autopsy/unwritten.js'
import { endedBy, listenerFailed, listenerLate } from '../guests/guest-lines.js'
import { budgetNote } from '../narrate/grace.js'
import { LINE_EVENTS } from '../narrate/line-events.js'
import type { Entry, Line, LogLike } from '../narrate/log.js'
import { Logger } from '../narrate/logger.js'
import { Narration } from '../narrate/narrate.js'
import { shutdownSummary } from '../narrate/shutdown-summary.js'
import { noteSlowness } from '../narrate/slow-notes.js'
import { startFailure } from '../narrate/start-failure.js'
import { startSummary } from '../narrate/start-summary.js'
import { Troubles } from '../narrate/troubles.js'
import { shellLine } from '../platform/follow-shell.js'
import { drainLimited } from '../platform/runtime-limits.js'
import { systemdUnheard } from '../platform/systemd-unheard.js'
import { problemOf } from '../words/problem.js'
import { ToldErrors } from '../words/told-errors.js'
import { deadlinePassed } from './deadline-line.js'
import { refusing, refusingNoMore } from './refusal-lines.js'
import * as entries from './run-entries.js'
import { stillAlive } from './still-alive.js'

/** The rows of the tables of docs/log-lines.md: the first cell, and the names in backticks of the last. */
const documented = readFileSync(new URL('../../../../docs/log-lines.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    const state = /`to` = `(\w+)`/.exec(line)?.[1]
    const fields = [
      ...cells
        .at(-2)!
        .replace(/ = `\w+`/, '')
        .replace(/\([^)]*\)/g, '')
        .matchAll(/`(\w+)\??`/g),
    ].map(([, name]) => name!)
    return { name: cells[1]!.replaceAll('`', ''), state, fields }
  })
const events = documented.filter(({ name }) => name.includes(':'))
const ofErrors = documented.filter(({ name }) => !name.includes(':')).map(({ name }) => name)

const turn = () => new Promise((resolve) => setImmediate(resolve))
const failure = (code: 'STOP_FAILED' | 'CRASHED' = 'STOP_FAILED') =>
  new KeelsonError(code, 'resource "db" failed', {
    resource: 'db',
    phase: 'stop',
    cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  })

const WORK = { count: 1, oldest: [{ label: 'job 4711', sinceMs: 3_100.2 }] }

const MARK: Mark = {
  keelson: 'shutdown',
  kernel: 'shop',
  reason: 'SIGTERM',
  budgetMs: 25_000,
  afterMs: 10_000,
  stopped: false,
  draining: [],
  stopping: ['db'],
  count: 1,
  by: { host: 'shop-1', pid: 1, started: '1' },
}

/** Every event of a kernel, as far as there is a line about it. */
async function narrated(): Promise<Entry[]> {
  const said: Entry[] = []
  const kernel = createKernel([], { name: 'shop' })
  const listeners: ((event: KernelEvent) => void)[] = []
  const stub: Kernel = Object.create(kernel, {
    name: { value: 'shop' },
    state: { value: 'running' },
    on: { value: (type: string, listener: () => void) => type === 'event' && listeners.push(listener) },
    off: { value: () => {} },
    inspect: { value: () => ({ ...kernel.inspect(), resources: [{ name: 'db', impact: 'unready', work: WORK }] }) },
    plan: { value: () => kernel.plan() },
    probe: { value: () => kernel.probe() },
  })
  const narration = new Narration(stub, (entry) => said.push(entry))
  narration.begin()
  const at = 0
  const resource = 'db'
  const idle = kernel.probe()
  const ready = { ...idle, status: 'ready', ready: true } as const
  const away = { resource, state: 'running', health: 'unhealthy', message: 'away' } as const
  const unready = { ...idle, status: 'unready', reasons: [away] } as const
  const restart = { type: 'restart:scheduled', at, resource, attempts: 5, delayMs: 5, resources: ['db', 'api'] } as const
  const told: KernelEvent[] = [
    { type: 'kernel:state', at, from: 'starting', to: 'stopping', reason: 'SIGINT' },
    { type: 'kernel:state', at, from: 'running', to: 'draining', reason: 'SIGTERM' },
    { type: 'resource:state', at, resource, from: 'idle', to: 'starting' },
    { type: 'resource:error', at, resource, phase: 'stop', error: failure() },
    { type: 'resource:orphan', at, resource, error: failure() },
    { type: 'check:result', at, resource: 'api', ok: false, durationMs: 1, error: failure() },
    { type: 'health:change', at, resource, from: 'healthy', to: 'unhealthy', error: failure() },
    { type: 'kernel:cordon', at, reason: 'by hand' },
    { type: 'probe:change', at, probe: unready, previous: ready },
    { type: 'start:retry', at, resource, try: 2, attempts: 5, delayMs: 500, error: failure() },
    { ...restart, attempt: 1, error: failure() },
    { type: 'restart:done', at, resource, attempt: 1, durationMs: 5 },
    { type: 'restart:exhausted', at, resource, attempts: 5, error: failure() },
    { type: 'resource:lost', at, resource, resources: ['api'], error: failure() },
    { type: 'resource:regained', at, resource, resources: ['api'] },
    { type: 'resource:rotated', at, resource, durationMs: 5 },
    { type: 'resource:standby', at, resource, reason: 'another process leads' },
    { type: 'listener:error', at, event: 'kernel:state', error: failure() },
  ]
  for (const event of told) for (const listener of listeners) listener(event)
  await turn()
  narration.end()
  return said
}

/** What run() says besides: at both ends, and of the process. */
function saidByRun(): Line[] {
  const told = new ToldErrors()
  const outcomes = [{ resource: 'db', impact: 'unready', outcome: 'timed-out', durationMs: 1, note: 'cut' }] as const
  const report: ShutdownReport = { reason: 'SIGTERM', ok: false, durationMs: 1, outcomes, errors: [failure()] }
  const reason = { resource: 'cache', state: 'failed', health: 'unknown', message: 'no' } as const
  const probe = { status: 'degraded', started: true, ready: true, live: true, reasons: [reason] } as const
  const start = { resource: 'db', phase: 'start', start: 0, end: 2_000, ok: true } as const
  const timeline = () => [start, { ...start, phase: 'activate' } as const, { ...start, phase: 'step', step: 'migrate' } as const]
  const kernel = { name: 'shop', timeline, probe: () => probe }
  const failed = { name: 'shop', probe: () => ({ ...probe, reasons: [{ ...reason, resource: 'shop', kernel: true as const }] }) }
  const drain = { askedMs: 10_000, grantedMs: 8_100, heldBy: ['db'] }
  const shutdown = { ownMs: 10_000, pathMs: 10_000, shareMs: 8_100, drain }
  const worker = {
    name: 'worker',
    dependsOn: [],
    startTimeoutMs: 1,
    impact: 'unready',
    shared: false,
    retries: false,
    shutdown,
  } as const
  const idle = createKernel()
  const inspect = () => ({ ...idle.inspect(), resources: [{ name: 'db', state: 'draining', work: WORK }] })
  const working = { name: 'shop', state: 'stopping', probe: () => idle.probe(), inspect } as unknown as Kernel
  const givenUp = new Map([['api', 'its check fails']])
  const many = new StartError(
    'shop',
    Array.from({ length: 30 }, () => failure()),
    report,
  )
  const holders = [{ kind: 'timer', what: 'setTimeout', count: 1, resource: 'db', at: 'start' }]
  return [
    startSummary(
      kernel,
      { criticalPath: [], resources: [worker] },
      { urls: new Map([['api', 'http://localhost']]), probes: 'http://localhost', held: [{ event: 'SIGTERM', at: 'main.js:7' }] },
      undefined,
      budgetNote({ delayMs: 0, timeoutMs: 9_000 }, { platform: 'Cloud Run', ms: 10_000 }, 9_000),
    ),
    startFailure('shop', many, 1, { told, troubles: { failedChecks: () => 0 } }),
    shutdownSummary('shop', report, { budget: 1, exitCode: 1, errors: [failure()], told, givenUp }),
    entries.kernelFailed(failed, 'shutdown'),
    entries.runFailed('shop', 'its probe server', failure(), 1),
    entries.inspectorAt('shop', 'http://127.0.0.1:7300/inspector/', 7_300),
    entries.notStarted('shop', 0),
    entries.probePortTaken('shop', 9_000, 10_000),
    entries.stoppingAlready('shop', 'SIGTERM'),
    entries.exitAtOnce(createKernel(), 'SIGTERM', 143),
    endedBy(working, { call: 'process.exit', exitCode: 3, by: { package: 'queue', at: 'queue/index.js:7' } }, true, 1_200),
    endedBy(working, { call: 'process.kill', signal: 'SIGKILL', by: undefined }, false, undefined),
    listenerFailed({ event: 'SIGTERM', name: 'flush', package: 'queue', at: 'queue/index.js:7' }, failure()),
    listenerLate({ event: 'SIGTERM', at: 'main.js:7' }, 5_000),
    entries.uncaught('uncaught exception', problemOf(failure()), 'shutdown'),
    entries.uncaught('unhandled rejection', problemOf(failure()), 'report'),
    autopsyLine({ ...MARK, exitCode: 1 }),
    unwritten('the mark of', 'shop', '/nowhere/mark', failure()),
    foreignMark('shop', '/app/package.json'),
    systemdUnheard('shop', failure()),
    drainLimited(['api']),
    refusing('api', '200 are in flight, the most that may be'),
    refusingNoMore('api', 1_234, 12_000.4),
    shellLine({ shell: { pid: 1, ppid: 0, args: ['sh'], started: '1' }, behind: 'PID 1' }, ['node', 'main.js']),
    stillAlive('shop', 1, holders, 1),
    deadlinePassed(createKernel(), { ms: 26_000, holders, exitCode: 1 }),
    deadlinePassed(createKernel(), { error: problemOf(failure()), holders, exitCode: 1 }),
  ]
}

function slow(): Promise<Entry> {
  const idle = createKernel()
  const kernel = {
    name: idle.name,
    state: 'starting',
    inspect: () => idle.inspect(),
    on: () => {},
    off: () => {},
  } as unknown as Kernel
  return new Promise((resolve) => {
    const quit = noteSlowness(
      kernel,
      new Troubles(),
      (entry) => {
        quit()
        resolve(entry)
      },
      1,
    )
  })
}

function logFailed(): Line[] {
  const said: Entry[] = []
  const fail = () => {
    throw failure()
  }
  new Logger({ info: fail, warn: fail, error: fail } as LogLike, 'shop', (entry) => said.push(entry)).say(
    entries.notStarted('shop', 0),
  )
  return said.filter((entry) => !entry.terminalOnly)
}

it('L2 the page about log lines has every event, every field of it, and nothing else', async () => {
  const lines = [...(await narrated()), ...saidByRun(), await slow(), ...logFailed()].filter((entry) => !entry.terminalOnly)
  expect([...new Set(events.map(({ name }) => name))].sort()).toEqual([...LINE_EVENTS].sort())
  expect([...new Set(lines.map(({ fields }) => fields.event))].sort()).toEqual([...LINE_EVENTS].sort())
  const rowOf = ({ event, to }: Line['fields']) =>
    events.filter((row) => row.name === event && (row.state === undefined || row.state === to))
  for (const { fields } of lines) {
    const known = new Set(rowOf(fields).flatMap((row) => row.fields))
    expect(
      Object.keys(fields).filter((name) => name !== 'event' && !known.has(name)),
      JSON.stringify(fields),
    ).toEqual([])
  }
  for (const row of events) {
    const written = new Set(
      lines.filter(({ fields }) => rowOf(fields).includes(row)).flatMap(({ fields }) => Object.keys(fields)),
    )
    expect(
      row.fields.filter((name) => !written.has(name)),
      row.name,
    ).toEqual([])
  }
})

it('an error has the fields that the page says', () => {
  const problem = problemOf(failure())
  expect(Object.keys(problem).sort()).toEqual([...ofErrors].sort())
})

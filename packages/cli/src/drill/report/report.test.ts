import { describe, expect, it } from 'vitest'
import { paintFor } from '../../output/paint.js'
import { noRequests } from '../load/tally.js'
import type { Facts } from '../scenarios/facts.js'
import { judge, type Thresholds } from './judge.js'
import { junit } from './junit.js'
import { type DrillReport, scenarioReport, worstFirst } from './report.js'
import { table } from './table.js'

const THRESHOLDS: Thresholds = {
  maxLost: 0,
  maxTime: 10_000,
  grace: 10_000,
  notice: 1_000,
  exits: new Set(['0', '143', 'SIGTERM']),
}

function facts(changes: Partial<Facts> = {}): Facts {
  return {
    scenario: 'term-under-load',
    signal: 'SIGTERM',
    timeMs: 250,
    killed: false,
    exit: { code: 0, signal: null },
    left: [],
    preloaded: true,
    listeners: [{ pid: 1, signal: 'SIGTERM', by: { at: 'main.js:3' } }],
    errors: [],
    ...changes,
  }
}

const said = (changes: Partial<Facts>, thresholds: Partial<Thresholds> = {}) =>
  judge(facts(changes), { ...THRESHOLDS, ...thresholds }).map(({ level, text }) => `${level}: ${text}`)

describe('F3 what facts mean', () => {
  it('nothing, where all is well', () => {
    expect(said({})).toEqual([])
    expect(said({ exit: { code: 143, signal: null } })).toEqual([])
  })

  it('what was lost, by its kind', () => {
    const requests = { ...noRequests(), answered: 10, inFlight: 3, accepted: 1, onTheWire: 5, turnedAway: 4, failed: 2 }
    const lost =
      '11 of 21 requests were lost: 3 in flight, 1 accepted and never read, 1 on the wire, 4 refused before a balancer could notice, 2 answered with an error.'
    expect(said({ requests })).toEqual([`fail: ${lost}`])
    expect(said({ requests }, { maxLost: 11 })).toEqual([`note: ${lost}`])
    expect(said({ requests, scenario: 'dependency-cut' })).toEqual([`note: ${lost}`])
    expect(said({ requests, scenario: 'ctrl-c-under-a-shell' })).toEqual([`warn: ${lost}`])
  })

  it('that it ended before it was told to, or with a code that is a failure', () => {
    const exit = { code: 1, signal: null }
    expect(said({ exit })).toEqual(['fail: It ended with code 1.'])
    expect(said({ exit, endedBefore: true })).toEqual(['fail: It ended with code 1 before it was told to.'])
    expect(said({ exit, scenario: 'dependency-wedged' })).toEqual(['note: It ended with code 1.'])
    expect(said({ exit: { code: null, signal: 'SIGSEGV' } })).toEqual(['fail: It ended with SIGSEGV.'])
  })

  it('that nobody listens for the signal', () => {
    expect(said({ listeners: [], exit: { code: null, signal: 'SIGTERM' } })).toEqual([
      'note: It does not listen for SIGTERM, which ends it in the middle of whatever it does.',
    ])
    expect(said({ listeners: [], preloaded: false, exit: { code: null, signal: 'SIGTERM' } })).toEqual([])
  })

  it('how early it said that it is not ready', () => {
    expect(said({ readiness: { flippedMs: 2, closedMs: 1_502 } })).toEqual([
      'note: It said that it is not ready 1.5 s before its port was closed.',
    ])
    expect(said({ readiness: { flippedMs: 2, closedMs: 22 } })).toEqual([
      'warn: It said that it is not ready 20 ms before its port was closed, and a balancer needs 1 s to notice.',
    ])
    expect(said({ readiness: { closedMs: 22 } })[0]).toMatch(/^warn: Its port was closed while it was still said to be ready/)
    expect(said({ readiness: {} })).toEqual([])
  })

  it('what held it up', () => {
    const held = [{ kind: 'silent', ms: 9_000 }] as const
    const killed = { killed: true, timeMs: 10_000, exit: { code: null, signal: 'SIGKILL' } }
    expect(said({ ...killed, held, scenario: 'idle-keep-alive' })).toEqual([
      'fail: It was still there after the grace of 10 s and was killed: open until the end were 1 connection that had sent nothing yet.',
    ])
    expect(said({ scenario: 'client-leaves', timeMs: 5_000 })).toEqual(['warn: It took 5 s, and nobody waited for an answer.'])
    expect(said({ scenario: 'client-leaves', timeMs: 5_000, portClosedMs: 4_500 })).toEqual([])
  })
})

const reports = [
  facts({ scenario: 'client-leaves' }),
  facts({ scenario: 'term-twice', requests: { ...noRequests(), inFlight: 2 } }),
  facts({ scenario: 'idle-keep-alive', killed: true, timeMs: 10_000, exit: { code: null, signal: 'SIGKILL' } }),
  facts({ left: [{ pid: 7, command: 'sleep <&"1> \x01' }], requests: { ...noRequests(), inFlight: 9 } }),
].map((each) => scenarioReport(each, THRESHOLDS))
const report: DrillReport = {
  ok: false,
  command: 'node "server.js"',
  port: 3000,
  grace: 10_000,
  maxLost: 0,
  maxTime: 10_000,
  scenarios: worstFirst(reports),
}

it('F5 the table has the worst first, and says once what is so in several scenarios', () => {
  expect(report.scenarios.map(({ scenario }) => scenario)).toEqual([
    'idle-keep-alive',
    'term-under-load',
    'term-twice',
    'client-leaves',
  ])
  const lines = table(report, paintFor(false)).split('\n')
  expect(lines[1]).toMatch(/^✗ idle-keep-alive +- +- .* killed at 10 s +SIGKILL +0$/)
  expect(lines.filter((line) => line.startsWith('fail '))).toEqual([
    expect.stringContaining('fail  idle-keep-alive: It was still there'),
    'fail  term-under-load: 9 of 9 requests were lost: 9 in flight.',
    expect.stringContaining('fail  term-under-load: It left 1 process behind'),
    'fail  term-twice: 2 of 2 requests were lost: 2 in flight.',
  ])
  expect(lines.at(-1)).toBe('failed: 3 of 4 scenarios on port 3000, with a grace of 10 s')
  expect(table({ ...report, ok: true, scenarios: [reports[0]!] }, paintFor(false))).toContain('passed: 1 scenario on port 3000')
})

it('F5 JUnit has a case for each scenario, and nothing that is no XML', () => {
  const xml = junit(report)
  expect(xml).toContain('<testsuite name="node &#34;server.js&#34;" tests="4" failures="3"')
  expect(xml.match(/<testcase /g)).toHaveLength(4)
  expect(xml.match(/<failure /g)).toHaveLength(3)
  expect(xml).toContain('sleep &#60;&#38;&#34;1&#62; )')
})

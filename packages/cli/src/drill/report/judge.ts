import { duration } from '../../output/durations.js'
import { lostOf } from '../load/tally.js'
import type { Facts } from '../scenarios/facts.js'
import { endingText, exitText, losses, plural, requestsOf } from './words.js'

export interface Thresholds {
  /** How many requests may be lost in a scenario. */
  readonly maxLost: number
  /** In ms, of every scenario. */
  readonly maxTime: number
  /** In ms. */
  readonly grace: number
  /** In ms. */
  readonly notice: number
  /** Exit codes, or names of signals, that are no failure. */
  readonly exits: ReadonlySet<string>
}

/** One sentence about a scenario. `fail`: a threshold is passed; `warn`: what will hurt; `note`: what is good to know. */
export interface Finding {
  readonly level: 'fail' | 'warn' | 'note'
  readonly text: string
}

/** What goes on for longer than this after the port was closed waits for nothing, in ms. */
const LONG_MS = 2_000

/** What the facts of a scenario mean, worst first. */
export function judge(facts: Facts, thresholds: Thresholds): Finding[] {
  const order = ['fail', 'warn', 'note']
  const findings = [
    ...ofRequests(facts, thresholds),
    ...ofTime(facts, thresholds),
    ...ofExit(facts, thresholds),
    ...ofProcesses(facts),
    ...ofReadiness(facts, thresholds),
    ...ofDependency(facts),
  ]
  return findings.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
}

function* ofRequests({ scenario, requests, before }: Facts, { maxLost }: Thresholds): Generator<Finding> {
  if (before !== undefined && lostOf(before) > 0) {
    yield {
      level: 'warn',
      text: `Before any signal, ${plural(lostOf(before), 'request was', 'requests were')} lost: ${losses(before)}.`,
    }
  }
  if (requests === undefined || lostOf(requests) === 0) return
  const lost = lostOf(requests)
  const text = `${lost} of ${plural(requestsOf(requests), 'request was', 'requests were')} lost: ${losses(requests)}.`
  // Nobody can answer what needs a dependency that is away; and who presses Ctrl-C has no clients to lose.
  if (scenario.startsWith('dependency-')) yield { level: 'note', text }
  else if (scenario === 'ctrl-c-under-a-shell') yield { level: 'warn', text }
  else yield { level: lost > maxLost ? 'fail' : 'note', text }
}

function* ofTime(facts: Facts, { grace, maxTime }: Thresholds): Generator<Finding> {
  const { killed, timeMs, held = [], servedMs } = facts
  if (killed)
    yield { level: 'fail', text: `It was still there after the grace of ${duration(grace)} and was killed${why(facts)}.` }
  else if (timeMs > maxTime) yield { level: 'fail', text: `It took ${duration(timeMs)}, and ${duration(maxTime)} are allowed.` }
  else if (facts.scenario === 'idle-keep-alive' && held.length > 0) {
    yield { level: 'warn', text: `${heldText(held)}: the end waited ${duration(timeMs)}.` }
  } else if (facts.scenario === 'client-leaves' && timeMs - (facts.portClosedMs ?? 0) > LONG_MS) {
    yield { level: 'warn', text: `It took ${duration(timeMs)}, and nobody waited for an answer.` }
  }
  if (servedMs !== undefined) {
    yield { level: 'fail', text: `It went on starting, and began to take requests ${duration(servedMs)} after ${facts.signal}.` }
  }
}

function why({ scenario, listeners, preloaded, signal, held = [] }: Facts): string {
  if (held.length > 0) return `: ${heldText(held).toLowerCase()}`
  if (scenario === 'client-leaves') return '; the clients had left in the middle of their requests'
  if (scenario === 'dependency-wedged') return '; its dependency answered nothing'
  if (scenario === 'dependency-cut') return '; its dependency was away'
  if (scenario === 'term-while-starting') return '; it was told to end while it started'
  if (!preloaded || listeners.length === 0) return ''
  return `; who listens for ${signal} (${listeners.map(({ by }) => by?.at ?? 'unknown').join(', ')}) did not end it`
}

function heldText(held: NonNullable<Facts['held']>): string {
  const idle = held.filter(({ kind }) => kind === 'idle').length
  const silent = held.length - idle
  const kinds = [
    idle > 0 ? `${plural(idle, 'connection')} that waited for the next request` : '',
    silent > 0 ? `${plural(silent, 'connection')} that had sent nothing yet` : '',
  ]
  return `Open until the end were ${kinds.filter(Boolean).join(' and ')}`
}

function* ofExit(facts: Facts, { exits }: Thresholds): Generator<Finding> {
  const { exit, killed, ending, errors, endedBefore, signal, listeners, preloaded, requests } = facts
  const how = exitText(exit)
  if (endedBefore) yield { level: 'fail', text: `It ended with ${how} before it was told to.` }
  for (const error of errors) yield { level: 'fail', text: `Nobody handled an error: ${error}` }
  if (!killed && !endedBefore && !exits.has(exit.signal ?? String(exit.code))) {
    // Where requests could not be answered, that is what happened.
    yield { level: facts.scenario.startsWith('dependency-') ? 'note' : 'fail', text: `It ended with ${how}.` }
  }
  if (killed || endedBefore) return
  const lost = requests !== undefined && lostOf(requests) > 0
  if (preloaded && listeners.length === 0 && exit.signal === signal) {
    yield {
      level: lost ? 'warn' : 'note',
      text: `It does not listen for ${signal}, which ends it in the middle of whatever it does.`,
    }
  } else if (ending !== undefined) {
    const text = `It was ended by ${endingText(ending)}${requests !== undefined && requests.inFlight > 0 ? ', while requests were in flight' : ''}.`
    yield { level: requests !== undefined && requests.inFlight > 0 ? 'warn' : 'note', text }
  }
}

function* ofProcesses({ left }: Facts): Generator<Finding> {
  if (left.length === 0) return
  const names = left.map(({ pid, command }) => `${pid} (${command})`).join(', ')
  yield { level: 'fail', text: `It left ${plural(left.length, 'process', 'processes')} behind: ${names}.` }
}

function* ofReadiness({ readiness, killed, timeMs }: Facts, { notice }: Thresholds): Generator<Finding> {
  if (readiness?.closedMs === undefined || (killed && readiness.closedMs >= timeMs)) return
  const { flippedMs, closedMs } = readiness
  if (flippedMs === undefined || flippedMs > closedMs) {
    yield {
      level: 'warn',
      text: 'Its port was closed while it was still said to be ready: a balancer goes on sending until it notices.',
    }
  } else {
    const lead = duration(closedMs - flippedMs)
    const late = closedMs - flippedMs < notice
    const consequence = late ? `, and a balancer needs ${duration(notice)} to notice` : ''
    yield {
      level: late ? 'warn' : 'note',
      text: `It said that it is not ready ${lead} before its port was closed${consequence}.`,
    }
  }
}

function* ofDependency({ notReached }: Facts): Generator<Finding> {
  if (notReached === undefined) return
  yield { level: 'warn', text: `Nothing connected to what ${notReached} leads to: this says nothing about that dependency.` }
}

import type { Kernel, ResourceState } from '@keelson/kernel'
import type { Line } from '../narrate/log.js'
import { goingOn } from '../narrate/waits.js'
import { duration, some } from '../words/duration.js'
import { attempt } from '../words/foreign.js'
import type { Problem } from '../words/problem.js'
import { type Holder, holderRow, listed } from './still-alive.js'

/** A log line names no more resources than this. */
const MOST = 20

/** What is known of a shutdown that does not end. */
export interface Unended {
  /** How long it had, in ms; or what ended the waiting before that. */
  readonly ms?: number
  readonly error?: Problem
  readonly holders: readonly Holder[]
  readonly exitCode: number
}

/** X12: the kernel did not come to an end of its own: which resources are left in which state, and what keeps the process alive. */
export function deadlinePassed(kernel: Pick<Kernel, 'name' | 'inspect'>, { ms, error, holders, exitCode }: Unended): Line {
  const left = attempt(() => leftIn(kernel)) ?? []
  const why =
    error === undefined ? `is not over within ${duration(ms ?? 0)}, the longest it may take` : `failed: ${error.message}`
  const head = `the shutdown of ${kernel.name} ${why}; exit code ${exitCode}`
  const texts = left.map(({ name, state, why }) => `${name} ${state}${why === undefined ? '' : ` (${why})`}`)
  const rows = left.slice(0, MOST).map(({ name, state, why = '' }) => `   ${name.padEnd(20)}  ${state}   ${why}`.trimEnd())
  const waits = texts.length === 0 ? '' : `; not stopped: ${some(texts, 10)}`
  const held = holders.length === 0 ? '' : `; what keeps the process alive: ${holders.map(listed).join(', ')}`
  return {
    level: 'error',
    message: `${head}${waits}${held}`,
    lines: [head, ...rows, ...holders.map(holderRow)],
    fields: {
      event: 'process:deadline',
      exitCode,
      ...(ms !== undefined && { afterMs: Math.round(ms) }),
      unfinished: Object.fromEntries(left.slice(0, MOST).map(({ name, state }) => [name, state])),
      holders,
      ...(error !== undefined && { error }),
    },
  }
}

interface Left {
  readonly name: string
  readonly state: ResourceState
  readonly why: string | undefined
}

function leftIn(kernel: Pick<Kernel, 'inspect'>): Left[] {
  const { resources } = kernel.inspect()
  return resources
    .filter(({ state }) => !OVER.has(state))
    .map((resource) => ({ name: resource.name, state: resource.state, why: goingOn(resource) ?? resource.note }))
}

const OVER: ReadonlySet<ResourceState> = new Set(['idle', 'stopped', 'failed'])

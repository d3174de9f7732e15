import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { isObject } from '../options.js'
import { processes } from '../platform/processes.js'
import { attempt } from '../words/foreign.js'

/** What a process leaves of a shutdown that has begun, until that is over. */
export interface Mark {
  readonly keelson: 'shutdown'
  readonly kernel: string
  readonly reason: string
  /** In ms; null for no limit. */
  readonly budgetMs: number | null
  /** How long it had gone on when this was written, in ms. */
  readonly afterMs: number
  /** Whether the kernel is over, and only the process still lives. */
  readonly stopped: boolean
  /** Those at it, as far as they fit, and how many there are. */
  readonly draining: readonly string[]
  readonly stopping: readonly string[]
  readonly count: number
  /** When the process ended by itself, in the middle of it. */
  readonly exitCode?: number
  readonly by: Writer
}

/** Which process wrote a mark. */
export interface Writer {
  readonly host: string
  readonly pid: number
  /** Names the processes among which the id is one; undefined where they have no such name. */
  readonly space?: string
  /** When it was started: its id may be used again. */
  readonly started: string
}

/** This process. */
export function thisWriter(): Writer {
  const space = attempt(() => readlinkSync('/proc/self/ns/pid'))
  const started = processes.entry(process.pid)?.started ?? String(performance.timeOrigin)
  return { host: hostname(), pid: process.pid, ...(space !== undefined && { space }), started }
}

/** Whether the process that wrote a mark still lives; undefined where that cannot be known from here. */
export function lives(mark: Mark, self: Writer): boolean | undefined {
  if (mark.exitCode !== undefined) return false
  const { host, pid, space, started } = mark.by
  if (host !== self.host) return undefined
  // A container that is started again has the same name and the same ids, in another space.
  if (pid === self.pid) return space === self.space && started === self.started
  if (space !== self.space) return undefined
  const found = processes.entry(pid)
  if (found !== undefined) return found.started === started
  return exists(pid) ? undefined : false
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** In bytes: no mark is larger. */
const LARGEST = 16_384

/** A mark; `'none'` where nothing is, or an empty file; `'foreign'` for what is something else, and must be left alone. */
export function readMark(path: string): Mark | 'none' | 'foreign' {
  const stat = attempt(() => statSync(path))
  if (stat === undefined) return 'none'
  if (!stat.isFile() || stat.size > LARGEST) return 'foreign'
  const text = attempt(() => readFileSync(path, 'utf8')) ?? ''
  if (text.trim() === '') return stat.size === 0 ? 'none' : 'foreign'
  const value: unknown = attempt(() => JSON.parse(text))
  return isMark(value) ? value : 'foreign'
}

/** Anybody may have written it. */
function isMark(value: unknown): value is Mark {
  if (!isObject(value) || value.keelson !== 'shutdown' || !isObject(value.by)) return false
  const { kernel, reason, budgetMs, afterMs, draining, stopping, count, exitCode, by } = value
  return (
    [kernel, reason, by.host, by.started].every((text) => typeof text === 'string') &&
    [afterMs, count, by.pid].every(Number.isFinite) &&
    (budgetMs === null || Number.isFinite(budgetMs)) &&
    (exitCode === undefined || Number.isFinite(exitCode)) &&
    [draining, stopping].every((names) => Array.isArray(names) && names.every((name) => typeof name === 'string'))
  )
}

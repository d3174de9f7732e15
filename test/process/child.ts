import { type ChildProcess, fork, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  output: string
}

export interface Child {
  readonly process: ChildProcess
  /** Resolves with the match once the output has it; rejects when the process ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url))

/**
 * Runs a fixture as a process of its own; what is left of it at the end of the test is killed. `complaints`: what it writes to its standard
 * error, when that is not of ours.
 */
export function runFixture(
  name: string,
  env: Record<string, string | number> = {},
  node = process.execPath,
  complaints?: RegExp,
  args: readonly string[] = [],
): Child {
  return follow(spawn(node, [...args, `${fixtures}${name}.mjs`], { env: plain(env) }), undefined, complaints)
}

/** The same with a channel for messages. */
export function forkFixture(name: string, env: Record<string, string | number> = {}): Child {
  return follow(fork(`${fixtures}${name}.mjs`, [], { env: plain(env), silent: true }))
}

export interface Group extends Child {
  write(text: string): void
  /** Sends a signal to it and to the processes that it started, as a terminal does. */
  killGroup(signal: NodeJS.Signals): void
  /** Resolves when it has ended itself, whatever goes on of what it started. */
  readonly exited: Promise<unknown>
}

/** The same with a group of processes of its own; all that is left of it at the end of the test is killed. */
export function runFixtureInGroup(name: string, env: Record<string, string | number>, node = process.execPath): Group {
  return runInGroup(node, [`${fixtures}${name}.mjs`], { env: plain(env) })
}

/** Any command with a group of processes of its own. Its output, and its end, are those of all of them. */
export function runInGroup(command: string, args: readonly string[], options: SpawnOptionsWithoutStdio = {}): Group {
  const child = spawn(command, args, { env: plain({}), ...options, detached: true })
  const killGroup = (signal: NodeJS.Signals) => void (child.pid !== undefined && process.kill(-child.pid, signal))
  const followed = follow(child, () => {
    try {
      killGroup('SIGKILL')
    } catch {}
  })
  const exited = once(child, 'exit')
  return { ...followed, exited, killGroup, write: (text) => void child.stdin.write(text) }
}

function plain(env: Record<string, string | number>): Record<string, string> {
  const values = Object.entries(env).map(([key, value]) => [key, String(value)])
  return { PATH: process.env.PATH ?? '', ...Object.fromEntries(values) }
}

/** The same on a terminal, where `script` of util-linux can make one. */
export function runFixtureOnTerminal(name: string, env: Record<string, string | number> = {}): Child {
  const command = `exec "${process.execPath}" "${fixtures}${name}.mjs"`
  return follow(spawn('script', ['-qefc', command, '/dev/null'], { env: { ...plain(env), TERM: 'dumb', NO_COLOR: '1' } }))
}

function follow(child: ChildProcess, clean = () => {}, expected?: RegExp): Child {
  let output = ''
  let complaints = ''
  let over = false
  const waiting = new Set<() => void>()
  const append = (chunk: Buffer) => {
    output += String(chunk)
    for (const check of waiting) check()
  }
  child.stdout?.on('data', append)
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += String(chunk)
    append(chunk)
  })
  // Not 'close' of the child: that never comes when the parent has disconnected it.
  const closed = [child.stdout, child.stderr].map((stream) => stream && once(stream, 'close'))
  const ended = new Promise<Ended>((resolve) => {
    child.once('exit', async (code, signal) => {
      await Promise.all(closed)
      over = true
      for (const check of waiting) check()
      resolve({ code, signal, output })
    })
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    clean()
    await ended
    // Whatever an application goes through, nothing of ours warns of itself.
    if (expected === undefined) expect(complaints).toBe('')
    else expect(complaints).toMatch(expected)
  })
  return {
    process: child,
    ended,
    kill: (signal) => void child.kill(signal),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const match = pattern.exec(output)
          if (match === null && !over) return
          waiting.delete(check)
          if (match === null) reject(new Error(`it ended without saying ${pattern}: ${output}`))
          else resolve(match)
        }
        waiting.add(check)
        check()
      }),
  }
}

export function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { Secrets } from '../server/secrets.js'
import type { StdioServer } from '../server/stdio-server.js'
import { LONGEST_TIMER } from '../wait/longest-timer.js'
import { liveGroups } from './live-groups.js'
import { groupRuns, signalGroup } from './process-group.js'
import { StderrTail } from './stderr-tail.js'

export type PipedChild = ChildProcessByStdio<Writable, Readable, Readable>

/** How a child ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** How long the pipes of a child may stay open when all of its group has ended: a process that left the group can hold them. */
const PIPES_AFTER_END = 500
/** How often a group is looked at whose leader has ended and left others behind. */
const LOOK_AGAIN = 20

/** A child process and its process group, connected by its standard streams. */
export class ServerProcess {
  /** The pool or resource that started it. */
  readonly owner: string
  readonly server: string
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when it and its pipes are gone. */
  readonly closed: Promise<ProcessEnd>
  readonly #tail: StderrTail
  readonly #exited: Promise<void>
  #end: ProcessEnd | undefined
  #stopping: Promise<void> | undefined
  #given: Error | undefined
  #killed = false
  /** Its group is empty, or on its way to be. */
  #over = false

  constructor(owner: string, server: string, child: PipedChild, config: StdioServer) {
    this.owner = owner
    this.server = server
    this.pid = child.pid!
    this.stdin = child.stdin
    this.stdout = child.stdout
    // Writing to a child that has ended is no event of its own: its end is.
    child.stdin.on('error', () => {})
    child.stdout.on('error', () => {})
    this.#tail = new StderrTail(child.stderr, new Secrets(config), config.onStderr)
    liveGroups.add(this.pid)
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#end = { code, signal }
        if (this.#stopping === undefined) {
          // What is left of its group can be reached by nobody: it ends with its leader.
          this.kill()
          this.#groupIsOver()
        }
        resolve()
      })
    })
    this.closed = new Promise((resolve) => {
      child.once('close', () => resolve(this.#end!))
    })
    this.#letGo = () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    }
  }

  readonly #letGo: () => void

  /** False as soon as it has ended, or was told to. */
  get running(): boolean {
    return this.#end === undefined && this.#stopping === undefined && this.#given === undefined
  }

  /** It ended, or had to, before anybody asked it to. */
  get failed(): boolean {
    return this.#end !== undefined || this.#given !== undefined
  }

  /** The last of what it said on its standard error, at most 4 KiB, as it said it. */
  get stderr(): string {
    return this.#tail.text
  }

  /** Why it is gone, with its last words, but without the secrets that it was given. */
  get why(): Error {
    const words = this.#tail.lastWords
    return new Error(`${this.#given?.message ?? this.#ending()}${words === '' ? '' : `; it said: ${words}`}`)
  }

  /**
   * Closes its standard input and sends SIGTERM to its group; what is left of the group after `grace` ms is sent SIGKILL. Resolves
   * when it has ended and its pipes are closed. Called again it waits for the same end, with the shorter grace of the two.
   */
  stop(grace: number): Promise<void> {
    if (grace <= 0) this.kill()
    else if (!this.#over && grace !== Infinity) {
      const timer = setTimeout(() => this.kill(), Math.min(grace, LONGEST_TIMER))
      void this.closed.then(() => clearTimeout(timer))
    }
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  /** Sends SIGKILL to its group. */
  kill(because?: Error): void {
    if (this.#over) return
    this.#given ??= because
    this.#killed = true
    signalGroup(this.pid, 'SIGKILL')
  }

  async #stop(): Promise<void> {
    this.stdin.end()
    if (!this.#over) signalGroup(this.pid, 'SIGTERM')
    await this.#exited
    while (!this.#killed && !this.#over && groupRuns(this.pid)) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN))
    this.#groupIsOver()
    await this.closed
  }

  /** From here on its number may belong to somebody else. */
  #groupIsOver(): void {
    if (this.#over) return
    this.#over = true
    liveGroups.delete(this.pid)
    const timer = setTimeout(this.#letGo, PIPES_AFTER_END)
    void this.closed.then(() => clearTimeout(timer))
  }

  #ending(): string {
    if (this.#end === undefined) return 'it was stopped'
    const { code, signal } = this.#end
    return signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`
  }
}

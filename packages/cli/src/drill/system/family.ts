import { attempt, commandOf, type ProcessEntry, processEntry, processIds, wasGiven } from './processes.js'

/** A process of a service that still runs. */
export interface Relative extends ProcessEntry {
  readonly command: string
}

const RECENT_MS = 100

/**
 * The processes of a service: what its first process started, and what those did, also when it was handed to another parent or put into a session of
 * its own. They are known by their parent, their session and a variable that they inherit. Without /proc only the process group is.
 */
export class Family {
  readonly #root: number
  /** When the first process was started: another one may have its id after it. */
  readonly #rootStarted: string | undefined
  readonly #mark: string
  readonly #known = new Map<number, string>()
  readonly #strangers = new Map<number, string>()
  #last: readonly ProcessEntry[] = []
  #lookedAt = 0

  /** `mark` is what the first process has in its environment and no other family has. */
  constructor(root: number, mark: string) {
    this.#root = root
    this.#rootStarted = processEntry(root)?.started
    this.#mark = mark
    this.look()
  }

  /** Those that run, as of the last moments: to look for new ones means to read of every process of the machine. */
  recent(): readonly ProcessEntry[] {
    if (performance.now() - this.#lookedAt > RECENT_MS) this.look()
    return this.#last
  }

  /** Looks for new ones, and returns all that run; the first process is among them. */
  look(): readonly ProcessEntry[] {
    const entries = processIds().flatMap((pid) => processEntry(pid) ?? [])
    const byId = new Map(entries.map((entry) => [entry.pid, entry]))
    // Parents before their children, whatever their ids.
    for (let found = true; found; ) {
      found = false
      for (const entry of entries) {
        if (this.#has(entry) || !this.#isRelated(entry, byId.get(entry.ppid))) continue
        this.#known.set(entry.pid, entry.started)
        found = true
      }
    }
    this.#lookedAt = performance.now()
    this.#last = entries.filter((entry) => this.#has(entry))
    return this.#last
  }

  /** All but the first process, with what they run. */
  others(): Relative[] {
    return this.look()
      .filter(({ pid }) => pid !== this.#root)
      .map((entry) => ({ ...entry, command: commandOf(entry.pid) }))
  }

  /** Ends all that run, by their ids. */
  kill(): void {
    for (const { pid } of this.look()) attempt(() => process.kill(pid, 'SIGKILL'))
    // What has no /proc has at least its group; the group has the id of a process that nobody else can have while it exists.
    if (processEntry(process.pid) === undefined) attempt(() => process.kill(-this.#root, 'SIGKILL'))
  }

  /** Whether another process has the id that the first one had: then nobody is left in its session, which held it. */
  #isTaken(): boolean {
    const now = processEntry(this.#root)
    return now !== undefined && now.started !== this.#rootStarted
  }

  #has(entry: ProcessEntry): boolean {
    return this.#known.get(entry.pid) === entry.started
  }

  /** By its parent only while that is the one that is known, and by its session only while nobody else leads one of this id. */
  #isRelated(entry: ProcessEntry, parent: ProcessEntry | undefined): boolean {
    if (entry.pid === this.#root && entry.started === this.#rootStarted) return true
    if (parent !== undefined && this.#has(parent)) return true
    if (entry.session === this.#root && !this.#isTaken()) return true
    if (this.#strangers.get(entry.pid) === entry.started) return false
    if (wasGiven(entry.pid, this.#mark)) return true
    this.#strangers.set(entry.pid, entry.started)
    return false
  }
}

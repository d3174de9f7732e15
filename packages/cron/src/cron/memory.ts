import type { KernelView } from '@keelson/kernel'
import type { Running } from './running.js'
import type { Cursor } from './ticker.js'

/** What is known of a job for as long as its kernel is up, through restarts and rotations of its resource. */
export class JobMemory {
  /** Undefined before it first began. */
  cursor: Cursor | undefined
  /** Runs that have not ended, those that were given up at a deadline included: what overlaps depends on them. */
  readonly running = new Set<Running>()
  last: Running | undefined
  runs = 0
  failures = 0
  skipped = 0
  missed = 0
  /**
   * An instance starts: `lastRun` is when the job last ran, `leadsSince` when this process came to lead, if it has to. What others did
   * while they led is none of its own. In ms since the epoch.
   */
  begins(lastRun: number | undefined, leadsSince: number | undefined): void {
    const known = this.cursor === undefined || this.cursor.at < (leadsSince ?? -Infinity) ? undefined : this.cursor.at
    const since = known === undefined ? (lastRun ?? leadsSince) : Math.max(known, lastRun ?? known)
    if (since === undefined) return
    // An instance that is being rotated goes on with the same.
    if (this.cursor === undefined) this.cursor = { at: since }
    else this.cursor.at = since
  }

  /** Called when a run has ended: the next that waits may begin. */
  ended = () => {}
}

/** One for each kernel, and each life of it. */
export class JobMemories {
  readonly #memories = new WeakMap<KernelView, JobMemory>()

  of(kernel: KernelView): JobMemory {
    let memory = this.#memories.get(kernel)
    if (memory === undefined) {
      memory = new JobMemory()
      this.#memories.set(kernel, memory)
    }
    return memory
  }
}

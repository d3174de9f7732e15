import { unlinkSync } from 'node:fs'
import type { Say } from '../narrate/log.js'
import { clearTimeout, setTimeout } from '../time.js'
import { autopsyLine } from './autopsy-line.js'
import { lives, type Mark, readMark, type Writer } from './mark.js'

/** In ms: how long a mark is looked at of which nothing else is known; its process would have written it several times. */
const LOOK = 5_000

/** X9: tells of the marks that other processes of this kernel left when they were killed, and takes them away. */
export class FoundMarks {
  readonly #kernel: string
  readonly #self: Writer
  readonly #say: Say
  readonly #stays: (file: string, error: unknown) => void
  #look: NodeJS.Timeout | undefined

  /** `stays` hears of a mark that cannot be taken away. */
  constructor(kernel: string, self: Writer, say: Say, stays: (file: string, error: unknown) => void) {
    this.#kernel = kernel
    this.#self = self
    this.#say = say
    this.#stays = stays
  }

  /** Tells of the dead; those of whom it cannot be known are looked at again later. */
  examine(files: readonly string[]): void {
    const doubtful = new Map<string, string>()
    for (const file of files) {
      const mark = this.#markIn(file)
      const alive = mark === undefined || lives(mark, this.#self)
      if (alive === false) this.#tell(file, mark!)
      else if (alive === undefined) doubtful.set(file, JSON.stringify(mark))
    }
    if (doubtful.size > 0) this.#look = setTimeout(() => this.#lookAgain(doubtful), LOOK).unref()
  }

  end(): void {
    clearTimeout(this.#look)
  }

  #lookAgain(doubtful: ReadonlyMap<string, string>): void {
    for (const [file, before] of doubtful) {
      const mark = this.#markIn(file)
      if (mark !== undefined && JSON.stringify(mark) === before) this.#tell(file, mark)
    }
  }

  /** One of this kernel: what others left is for them to find. */
  #markIn(file: string): Mark | undefined {
    const mark = readMark(file)
    return typeof mark === 'object' && mark.kernel === this.#kernel ? mark : undefined
  }

  /** Of several that start at once, the one that takes it away tells. */
  #tell(file: string, mark: Mark): void {
    try {
      unlinkSync(file)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      this.#stays(file, error)
    }
    this.#say(autopsyLine(mark))
  }
}

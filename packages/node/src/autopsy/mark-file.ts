import { closeSync, fstatSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { clearTimeout, now, setTimeout } from '../time.js'
import { attempt } from '../words/foreign.js'
import { type Mark, readMark } from './mark.js'

/** Writing takes at most one part in so many of the time. */
const SHARE = 10

/** How many processes may share a path. */
const MOST = 16

/** The files that a path stands for: itself, and others beside it while another process has it. */
export function filesOf(path: string): readonly string[] {
  return Array.from({ length: MOST }, (_, i) => (i === 0 ? path : `${path}.${i}`))
}

/** A mark that this process keeps up to date. */
export class MarkFile {
  readonly #path: string
  readonly #file: number
  readonly #mark: () => Mark
  #length = 0
  /** When it may be written again. */
  #next = 0
  #timer: NodeJS.Timeout | undefined

  /** The first of `paths` that nobody has; undefined when all are taken. Throws when it cannot be written. */
  static create(paths: readonly string[], mark: () => Mark): MarkFile | undefined {
    for (const path of paths) {
      const file = take(path)
      if (file !== undefined) return new MarkFile(path, file, mark)
    }
    return undefined
  }

  private constructor(path: string, file: number, mark: () => Mark) {
    this.#path = path
    this.#file = file
    this.#mark = mark
    this.write()
  }

  /** It has changed: written at once, or a moment later where writing takes its time. */
  touch(): void {
    const wait = this.#next - now()
    if (wait <= 0) this.write()
    else this.#timer ??= setTimeout(() => this.write(), wait).unref()
  }

  /** In one call, over what was there: whenever the process is killed, what is left is whole. */
  write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const since = now()
    const first = this.#length === 0
    const bytes = Buffer.from(JSON.stringify(this.#mark()))
    const padded = Buffer.alloc(Math.max(this.#length, bytes.length), ' ')
    bytes.copy(padded)
    this.#length = padded.length
    // A disk that is full, or gone, is no reason to disturb a shutdown.
    attempt(() => writeSync(this.#file, padded, 0, padded.length, 0))
    // The first takes longer than those to come: its code has never run.
    if (!first) this.#next = now() + (now() - since) * SHARE
  }

  /** Unless somebody has put another in its place. */
  remove(): void {
    clearTimeout(this.#timer)
    const own = attempt(() => fstatSync(this.#file).ino)
    attempt(() => closeSync(this.#file))
    attempt(() => own === statSync(this.#path).ino && unlinkSync(this.#path))
  }
}

function take(path: string): number | undefined {
  try {
    return openSync(path, 'wx')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    // One that somebody made beforehand is as good as none.
    return readMark(path) === 'none' ? openSync(path, 'r+') : undefined
  }
}

import { type FileHandle, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface AuditOptions {
  /** The file; created with mode 0600. Older ones are beside it, `path.1` the newest. */
  path: string
  /** Bytes at which a new file is begun; default 10 MiB. */
  maxBytes?: number
  /** How many older files are kept; default 5. */
  keep?: number
}

/** The highest number of records that wait to be written; beyond it the oldest are dropped, and a record says how many. */
const QUEUE_LIMIT = 10_000

/**
 * Appends records as lines of JSON. Each write is synced to disk before the next; records that arrive meanwhile are written together.
 * A line that a crash has cut short is left as it is, and the next record begins a new line. A file that somebody else has moved away,
 * removed or emptied, as logrotate does, is begun anew.
 */
export class AuditFile {
  readonly #path: string
  readonly #maxBytes: number
  readonly #keep: number
  readonly #problem: (error: unknown) => void
  #waiting: string[] = []
  #dropped = 0
  #handle: FileHandle | undefined
  #size = 0
  #writing: Promise<void> | undefined

  constructor({ path, maxBytes = 10 * 1024 * 1024, keep = 5 }: AuditOptions, problem: (error: unknown) => void) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#keep = keep
    this.#problem = problem
  }

  /** @throws the error of the file system when the file cannot be opened. */
  async open(): Promise<void> {
    await this.#reopen()
    if (this.#size === 0) return
    const last = Buffer.alloc(1)
    await this.#handle!.read(last, 0, 1, this.#size - 1)
    if (last.toString() !== '\n') await this.#append('\n')
  }

  /** Takes a record, as JSON on one line. */
  append(record: string): void {
    this.#waiting.push(`${record}\n`)
    if (this.#waiting.length > QUEUE_LIMIT) {
      this.#waiting.shift()
      this.#dropped++
    }
    void this.#write()
  }

  /** Resolves when everything is on disk, or a write has failed. */
  async close(): Promise<void> {
    await this.#write()
    await this.#writing
    await this.#handle?.close()
    this.#handle = undefined
  }

  async #write(): Promise<void> {
    if (this.#waiting.length > 0) this.#writing ??= this.#writeAll()
    await this.#writing
  }

  /** At least one is waiting when this is called. */
  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#writeSome()
    } catch (error) {
      this.#problem(error)
    } finally {
      // In the same turn as the last look at the queue, so that a later record starts a new run.
      this.#writing = undefined
    }
  }

  /** Writes as many waiting records as the file has room for, at least one. */
  async #writeSome(): Promise<void> {
    if (this.#dropped > 0) {
      const note = { type: 'dropped', records: this.#dropped }
      this.#dropped = 0
      this.#waiting.unshift(`${JSON.stringify(note)}\n`)
    }
    await this.#keepUp()
    let bytes = Buffer.byteLength(this.#waiting[0]!)
    if (this.#size > 0 && this.#size + bytes > this.#maxBytes) await this.#rotate()
    let count = 1
    for (; count < this.#waiting.length; count++) {
      const more = bytes + Buffer.byteLength(this.#waiting[count]!)
      if (this.#size + more > this.#maxBytes) break
      bytes = more
    }
    await this.#append(this.#waiting.slice(0, count).join(''))
    this.#waiting.splice(0, count)
  }

  /** Opens the file anew when another one, or none, has its path, and takes its size from the disk: somebody may have emptied it. */
  async #keepUp(): Promise<void> {
    const there = await stat(this.#path).catch(ignoreMissing)
    const ours = await this.#handle?.stat()
    const same = there !== undefined && ours !== undefined && there.ino === ours.ino && there.dev === ours.dev
    if (same) this.#size = there.size
    else await this.#reopen()
  }

  async #reopen(): Promise<void> {
    const before = this.#handle
    this.#handle = undefined
    await before?.close()
    // For appending: after somebody has emptied the file, a write begins at its new end and leaves no gap.
    this.#handle = await open(this.#path, 'a+', 0o600)
    this.#size = (await this.#handle.stat()).size
  }

  async #append(text: string): Promise<void> {
    if (this.#handle === undefined) await this.#reopen()
    const handle = this.#handle!
    try {
      await handle.appendFile(text)
      await handle.datasync()
      this.#size += Buffer.byteLength(text)
    } catch (error) {
      // A partial write, as on a full disk, would leave a broken line.
      await handle.truncate(this.#size).catch(() => {})
      throw error
    }
  }

  async #rotate(): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
    for (let i = this.#keep - 1; i >= 1; i--) await rename(`${this.#path}.${i}`, `${this.#path}.${i + 1}`).catch(ignoreMissing)
    await rename(this.#path, `${this.#path}.1`).catch(ignoreMissing)
    await this.#reopen()
    const folder = await open(dirname(this.#path), 'r')
    await folder.sync().finally(() => folder.close())
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

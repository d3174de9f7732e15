import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'

/** Characters of what ssh says that an error has. */
const SAID = 300
/** In ms: how long an ssh may take to end that is told to. */
const ENDS_WITHIN = 1_000

/** The input and output of an `ssh`, as a connection for `node:http`. */
export class SshSocket extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #said = ''

  constructor(args: readonly string[]) {
    super()
    this.#child = spawn('ssh', [...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdin, stdout, stderr } = this.#child
    stdout.on('data', (chunk) => this.push(chunk) || stdout.pause())
    stderr.on('data', (chunk) => {
      this.#said = `${this.#said}${chunk}`.slice(-SAID)
    })
    stdin.on('error', () => {}) // the exit tells why
    this.#child.on('error', (error) => this.destroy(new Error(`ssh could not be started: ${error.message}`, { cause: error })))
    this.#child.on('close', (code) => {
      if (this.destroyed) return
      if (code === 0) this.push(null)
      else this.destroy(new Error(`ssh ended with code ${code}: ${this.#said.trim()}`))
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, () => done()) // where it takes nothing any more, its exit tells why
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill()
    // Nothing waits for one that does not end: neither this process, nor the system for the memory of it.
    this.#child.unref()
    const last = setTimeout(() => this.#child.kill('SIGKILL'), ENDS_WITHIN).unref()
    this.#child.once('exit', () => clearTimeout(last))
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy()
    done(error)
  }

  // What node:http calls of a socket.
  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    this.#child.ref()
    return this
  }

  unref(): this {
    this.#child.unref()
    return this
  }
}

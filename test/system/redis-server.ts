import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.js'

const PROGRAM = 'redis-server'

/** A Redis server that writes nothing to disk: when it is started again, on the same port, it has forgotten everything. */
export class RedisServer {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'keelson-redis-'))
  #child: ChildProcess | undefined
  #said = ''

  private constructor(port: number) {
    this.port = port
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort())
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Resolves once it accepts connections. */
  async start(): Promise<void> {
    const where = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.#folder]
    const child = spawn(PROGRAM, [...where, '--save', '', '--appendonly', 'no'], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#said = ''
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${PROGRAM} ${why}; npm run test:system installs it\n${this.#said}`))
      child.once('error', (error) => fail(error.message))
      child.once('exit', (code) => fail(`ended with ${code}`))
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          this.#said = (this.#said + chunk).slice(-4_000)
          if (this.#said.includes('Ready to accept connections')) resolve()
        })
      }
    })
  }

  /** Sends a signal, such as `SIGSTOP`: then it holds its connections and answers nothing. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

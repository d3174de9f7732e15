import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.js'
import { LOCALHOST } from './localhost.js'
import { makeFolder, removeFolder } from './server-folder.js'

const PROGRAM = 'redis-server'
/** Milliseconds that it may take to end politely. */
const POLITE = 10_000
/** Free ports that are tried: another process may have taken one meanwhile. */
const TRIES = 5

export interface RedisServerOptions {
  /** Default: a free one. */
  port?: number
  /** Of the user `default`; without one everybody may do everything. */
  password?: string
  /** More users: their ACL rules by name, such as `{ app: ['on', '>s3cret', '~*', '+@all'] }`. */
  users?: Readonly<Record<string, readonly string[]>>
  /** Speaks TLS alone, with a certificate that `ca` vouches for. */
  tls?: boolean
  /** Passed to the program as they are, such as `['--cluster-enabled', 'yes']`. */
  args?: readonly string[]
}

/** Debian's redis-server on loopback. What it has acknowledged is there again after `kill()` and `start()`. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  /** With the password of the user `default`, if it has one. */
  readonly url: string
  /** With `tls`: what a client has to trust. */
  readonly ca: string | undefined
  readonly pid: number | undefined
  /** Starts it again, on the same port and with the same data; resolves when it accepts connections. */
  start(): Promise<void>
  /** Ends it politely, also while it is paused. */
  stop(): Promise<void>
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>
  /** Until `resume()` it accepts connections, holds those that it has, and answers nothing. */
  pause(): void
  resume(): void
}

/**
 * Starts a Redis server of its own folder, which is removed when this process ends, as is the server.
 *
 * @throws Error with what it said, when it ends instead of starting.
 */
export async function redisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let tries = 1; ; tries++) {
    const server = new Server(options.port ?? (await freePort()), options)
    try {
      await server.start()
      return server
    } catch (error) {
      server.remove()
      if (options.port !== undefined || tries === TRIES || !/in use/.test(String(error))) throw error
    }
  }
}

const owned = new Set<Server>()
process.once('exit', () => {
  for (const server of owned) server.abandon()
})

class Server implements RedisServer {
  readonly port: number
  readonly url: string
  readonly ca: string | undefined
  readonly #folder = makeFolder('keelson-redis')
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #said = ''

  constructor(port: number, options: RedisServerOptions) {
    const { password, users = {}, tls = false, args = [] } = options
    this.port = port
    const credentials = password === undefined ? '' : `:${encodeURIComponent(password)}@`
    this.url = `${tls ? 'rediss' : 'redis'}://${credentials}127.0.0.1:${port}`
    this.ca = tls ? LOCALHOST.cert : undefined
    this.#args = [
      ...['--bind', '127.0.0.1', '--dir', this.#folder, '--loglevel', 'notice', '--save', ''],
      // Written before a command is answered, and left to the system to bring to the disk: a crash of the process loses nothing.
      ...['--appendonly', 'yes', '--appendfsync', 'no', '--auto-aof-rewrite-percentage', '0'],
      ...(tls ? this.#tls() : ['--port', String(port)]),
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...Object.entries(users).flatMap(([name, rules]) => ['--user', name, ...rules]),
      ...args,
    ]
    owned.add(this)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async start(): Promise<void> {
    if (this.#running() !== undefined) throw new Error(`${PROGRAM} runs already, on port ${this.port}`)
    const child = spawn(PROGRAM, this.#args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#said = ''
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${PROGRAM} ${why}; npm run test:system installs it\n${this.#said}`))
      child.once('error', (error) => fail(error.message))
      child.once('close', (code, signal) => fail(`ended with ${code ?? signal}`))
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          this.#said = (this.#said + chunk).slice(-4_000)
          if (this.#said.includes('Ready to accept connections')) resolve()
        })
      }
    })
  }

  async stop(): Promise<void> {
    const late = setTimeout(() => this.#running()?.kill('SIGKILL'), POLITE)
    try {
      await this.#end('SIGTERM')
    } finally {
      clearTimeout(late)
    }
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  pause(): void {
    this.#running()?.kill('SIGSTOP')
  }

  resume(): void {
    this.#running()?.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    this.remove()
  }

  /** When there is no time to wait for anything. */
  abandon(): void {
    this.#running()?.kill('SIGKILL')
    this.remove()
  }

  /** Forgets its data; it cannot be started again. */
  remove(): void {
    owned.delete(this)
    removeFolder(this.#folder)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#running()
    if (child === undefined) return
    const exit = once(child, 'exit')
    child.kill(signal)
    child.kill('SIGCONT')
    await exit
  }

  #running(): ChildProcess | undefined {
    const child = this.#child
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null ? child : undefined
  }

  #tls(): string[] {
    const [cert, key] = [join(this.#folder, 'cert.pem'), join(this.#folder, 'key.pem')]
    writeFileSync(cert, LOCALHOST.cert)
    writeFileSync(key, LOCALHOST.key)
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
    return ['--port', '0', '--tls-port', String(this.port), '--tls-auth-clients', 'no', ...files]
  }
}

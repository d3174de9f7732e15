import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chownSync, closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.js'
import { LOCALHOST } from './localhost.js'
import { type PostgresPrograms, postgresPrograms } from './postgres-programs.js'
import { makeCluster, ownFolder, PASSWORD } from './postgres-template.js'
import { childrenOf, runs, signal } from './process-tree.js'
import { type Reaper, startReaper } from './reaper.js'
import { plainEnv } from './run-program.js'
import type { TestServer } from './test-server.js'
import { unprivileged } from './unprivileged.js'

export interface PostgresServerOptions {
  /** Default: a free one. */
  port?: number
  /** Settings of postgresql.conf, such as `{ max_connections: 20 }`. */
  settings?: Record<string, string | number>
  /** Speaks TLS alone, with a certificate that `ca` vouches for. */
  tls?: boolean
  /** Lines of pg_hba.conf that come before `host all all 127.0.0.1/32 scram-sha-256`, or `hostssl` with `tls`. */
  access?: readonly string[]
  /** A hot standby of nobody: it answers, and is read-only until `pg_promote()` is called. */
  standby?: boolean
}

/** A PostgreSQL of its own, with the user and database `postgres`. Its data stay when it is killed; they go with it, and with this process, however that ends. */
export interface PostgresServer extends TestServer, AsyncDisposable {
  /** The one in `url`. */
  readonly password: string
  /** With `tls`: what a client has to trust. */
  readonly ca: string | undefined
  /** As an operator restarts it: its clients are told, and their connections closed. */
  restart(): Promise<void>
}

/** Starts a PostgreSQL 18 in a temporary folder. Also as root, where it runs as nobody. */
export async function postgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await launched(options)
    } catch (error) {
      if (options.port !== undefined || tries === TRIES || !/already in use/.test(String(error))) throw error
    }
  }
}

async function launched(options: PostgresServerOptions): Promise<PostgresServer> {
  const programs = postgresPrograms()
  const folder = ownFolder('keelson-postgres-')
  const server = new Server(programs, folder, options, options.port ?? (await freePort()))
  try {
    await makeCluster(programs, server.data, folder)
    server.configure()
    await server.start()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Free ports that are tried: another process may have taken one meanwhile. */
const TRIES = 5

const READY = /ready to accept (read-only )?connections/

/** Milliseconds for it to end before it is killed. */
const STOPPING = 10_000

class Server implements PostgresServer {
  readonly port: number
  readonly password = PASSWORD
  readonly ca: string | undefined
  readonly data: string
  readonly #programs: PostgresPrograms
  readonly #folder: string
  readonly #options: PostgresServerOptions
  readonly #reaper: Reaper
  #child: ChildProcess | undefined
  #paused: number[] = []

  constructor(programs: PostgresPrograms, folder: string, options: PostgresServerOptions, port: number) {
    this.#programs = programs
    this.#folder = folder
    this.#options = options
    this.port = port
    this.ca = options.tls ? LOCALHOST.cert : undefined
    this.data = join(folder, 'data')
    this.#reaper = startReaper(folder)
  }

  get url(): string {
    return `postgres://postgres:${this.password}@127.0.0.1:${this.port}/postgres`
  }

  /** Durability is what tests do without. */
  configure(): void {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      full_page_writes: 'off',
      shared_buffers: '16MB',
      autovacuum: 'off',
      io_method: 'sync',
      ...(this.#options.tls && this.#certificate()),
      ...this.#options.settings,
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`)
    appendFileSync(join(this.data, 'postgresql.conf'), lines.join(''))
    const host = this.#options.tls ? 'hostssl' : 'host'
    const access = [...(this.#options.access ?? []), `${host} all all 127.0.0.1/32 scram-sha-256`]
    writeFileSync(join(this.data, 'pg_hba.conf'), `${access.join('\n')}\n`)
    if (this.#options.standby) closeSync(openSync(join(this.data, 'standby.signal'), 'a'))
  }

  #certificate(): Record<string, string> {
    const { uid, gid } = unprivileged()
    const files = { ssl_cert_file: join(this.data, 'server.crt'), ssl_key_file: join(this.data, 'server.key') }
    writeFileSync(files.ssl_cert_file, LOCALHOST.cert)
    writeFileSync(files.ssl_key_file, LOCALHOST.key, { mode: 0o600 })
    if (uid !== undefined && gid !== undefined) chownSync(files.ssl_key_file, uid, gid)
    return { ssl: 'on', ...files }
  }

  async start(): Promise<void> {
    if (this.#child) throw new Error('PostgreSQL runs already')
    const args = ['-D', this.data, '-p', String(this.port)]
    // A group of its own: Ctrl+C in a terminal ends the tests, and they end it.
    const child = spawn(this.#programs.postgres, args, {
      ...unprivileged(),
      cwd: this.#folder,
      env: plainEnv(),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    this.#reaper.watch(child.pid)
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined
    })
    await ready(child)
    child.unref()
    ;(child.stderr as unknown as { unref(): void }).unref()
  }

  async restart(): Promise<void> {
    this.resume()
    await this.#end('SIGINT')
    await this.start()
  }

  async stop(): Promise<void> {
    this.resume()
    await this.#end('SIGINT')
    this.#reaper.dismiss()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async kill(): Promise<void> {
    const pid = this.#child?.pid
    if (pid === undefined) return
    signal(pid, 'SIGSTOP') // so that it starts nothing new
    const children = childrenOf(pid)
    for (const child of children) signal(child, 'SIGKILL')
    await this.#end('SIGKILL')
    while (children.some(runs)) await sleep(5)
    this.#paused = []
    rmSync(join(this.data, 'postmaster.pid'), { force: true })
  }

  pause(): void {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('PostgreSQL does not run')
    signal(pid, 'SIGSTOP')
    this.#paused = [pid, ...childrenOf(pid)]
    for (const child of this.#paused) signal(child, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of this.#paused.reverse()) signal(pid, 'SIGCONT')
    this.#paused = []
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #end(how: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child) return
    child.ref()
    const ended = once(child, 'exit')
    child.kill(how)
    const late = setTimeout(() => void this.kill(), STOPPING)
    await ended
    clearTimeout(late)
    this.#reaper.watch(undefined)
  }
}

async function ready(child: ChildProcess): Promise<void> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`PostgreSQL ${why}\n${said}`))
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => fail(`ended with ${code}`))
    child.stderr?.on('data', (chunk) => {
      said = (said + chunk).slice(-4_000)
      if (READY.test(said)) resolve()
    })
  })
}

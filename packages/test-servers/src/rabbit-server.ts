import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port.js'
import { LOCALHOST } from './localhost.js'
import { type Reaper, startReaper } from './reaper.js'

/** Not those in `/usr/sbin`, which change to the user `rabbitmq`. */
const PROGRAMS = '/usr/lib/rabbitmq/bin'
const NODE = 'keelson@localhost'
/** Milliseconds that it may take to end politely. */
const POLITE = 15_000
/** Free ports that are tried: another process may have taken one meanwhile. */
const TRIES = 5

export interface RabbitServerOptions {
  /** Default: a free one. */
  port?: number
  /** Speaks TLS alone, with a certificate that `ca` vouches for. */
  tls?: boolean
  /** More lines of rabbitmq.conf, such as `['channel_max = 10']`. */
  config?: readonly string[]
}

/** Debian's rabbitmq-server on loopback. Durable queues and what is persistent in them are there again after `kill()` and `start()`. */
export interface RabbitServer extends AsyncDisposable {
  readonly port: number
  /** With the password of the user `guest`. */
  readonly url: string
  /** With `tls`: what a client has to trust. */
  readonly ca: string | undefined
  readonly pid: number | undefined
  /** Starts it again, on the same port and with the same data; resolves when it accepts connections. */
  start(): Promise<void>
  /** Ends it politely: its clients are told. Also while it is paused. */
  stop(): Promise<void>
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>
  /** Until `resume()` it accepts connections, holds those that it has, and answers nothing. */
  pause(): void
  resume(): void
  /** Runs `rabbitmqctl`, such as `ctl('add_vhost', 'shop')`; resolves with what it printed. */
  ctl(...args: string[]): Promise<string>
}

/**
 * Starts a RabbitMQ server of its own folder, with an Erlang port mapper of its own. All of it ends with this process, however that ends.
 *
 * @throws Error with what it said, when it ends instead of starting.
 */
export async function rabbitServer(options: RabbitServerOptions = {}): Promise<RabbitServer> {
  if (!existsSync(join(PROGRAMS, 'rabbitmq-server'))) {
    throw new Error('there is no rabbitmq-server here; npm run test:system installs it')
  }
  for (let tries = 1; ; tries++) {
    const server = new Server(options.port ?? (await freePort()), await freePort(), await freePort(), options)
    try {
      await server.start()
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      if (options.port !== undefined || tries === TRIES || !/eaddrinuse|in use/i.test(String(error))) throw error
    }
  }
}

class Server implements RabbitServer {
  readonly port: number
  readonly url: string
  readonly ca: string | undefined
  readonly #folder = mkdtempSync(join(tmpdir(), 'keelson-rabbit-'))
  readonly #mapperPort: number
  readonly #env: NodeJS.ProcessEnv
  readonly #reapers: readonly [Reaper, Reaper]
  #child: ChildProcess | undefined
  #mapper: ChildProcess | undefined

  constructor(port: number, mapperPort: number, distributionPort: number, { tls = false, config = [] }: RabbitServerOptions) {
    this.port = port
    this.url = `${tls ? 'amqps' : 'amqp'}://guest:guest@${tls ? 'localhost' : '127.0.0.1'}:${port}`
    this.ca = tls ? LOCALHOST.cert : undefined
    this.#mapperPort = mapperPort
    const at = (name: string) => join(this.#folder, name)
    const lines = [
      ...(tls ? this.#tls() : [`listeners.tcp.1 = 127.0.0.1:${port}`]),
      ...['log.console = true', 'log.console.level = info', 'log.file = false'],
      ...['disk_free_limit.absolute = 1MB', 'vm_memory_high_watermark.relative = 0.6'],
      ...config,
    ]
    for (const folder of ['data', 'log', 'home']) mkdirSync(at(folder))
    writeFileSync(at('rabbitmq.conf'), `${lines.join('\n')}\n`)
    writeFileSync(at('plugins'), '[].\n')
    this.#env = {
      PATH: process.env.PATH,
      LC_ALL: 'C.UTF-8',
      HOME: at('home'),
      ERL_CRASH_DUMP: at('erl_crash.dump'),
      ERL_EPMD_PORT: String(mapperPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: NODE,
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_MNESIA_BASE: at('data'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: at('no-environment'),
      RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}',
      RABBITMQ_CTL_ERL_ARGS: '-start_epmd false',
      // The script becomes the server, so that its pid is the server's.
      RUNNING_UNDER_SYSTEMD: 'true',
    }
    this.#reapers = [startReaper(this.#folder), startReaper(this.#folder)]
  }

  get pid(): number | undefined {
    return running(this.#child)?.pid
  }

  async start(): Promise<void> {
    if (this.pid !== undefined) throw new Error(`RabbitMQ runs already, on port ${this.port}`)
    await this.#startMapper()
    const child = spawn(join(PROGRAMS, 'rabbitmq-server'), {
      env: this.#env,
      cwd: this.#folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#reapers[0].watch(child.pid)
    await ready(child, /Server startup complete/)
    child.unref()
    for (const stream of [child.stdout, child.stderr]) (stream as unknown as { unref(): void }).unref()
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  pause(): void {
    if (this.pid === undefined) throw new Error('RabbitMQ does not run')
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    running(this.#child)?.kill('SIGCONT')
  }

  async ctl(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(join(PROGRAMS, 'rabbitmqctl'), ['-q', '-n', NODE, ...args], { env: this.#env })
    return stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await end(this.#mapper, 'SIGTERM')
    for (const reaper of this.#reapers) reaper.dismiss()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #startMapper(): Promise<void> {
    if (running(this.#mapper)) return
    const args = ['-port', String(this.#mapperPort), '-address', '127.0.0.1']
    const mapper = spawn('epmd', args, { env: this.#env, detached: true, stdio: 'ignore' })
    await once(mapper, 'spawn')
    this.#mapper = mapper
    this.#reapers[1].watch(mapper.pid)
    mapper.unref()
    while (!(await answers(this.#mapperPort))) {
      if (!running(mapper)) throw new Error(`epmd ended with ${mapper.exitCode}: is its port ${this.#mapperPort} in use?`)
      await sleep(20)
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const late = setTimeout(() => running(this.#child)?.kill('SIGKILL'), POLITE)
    await end(this.#child, signal)
    clearTimeout(late)
    this.#reapers[0].watch(undefined)
  }

  #tls(): string[] {
    const [cert, key] = [join(this.#folder, 'cert.pem'), join(this.#folder, 'key.pem')]
    writeFileSync(cert, LOCALHOST.cert)
    writeFileSync(key, LOCALHOST.key)
    const files = { cacertfile: cert, certfile: cert, keyfile: key, verify: 'verify_none' }
    const options = Object.entries(files).map(([name, value]) => `ssl_options.${name} = ${value}`)
    return ['listeners.tcp = none', `listeners.ssl.1 = 127.0.0.1:${this.port}`, ...options]
  }
}

function running(child: ChildProcess | undefined): ChildProcess | undefined {
  return child?.pid !== undefined && child.exitCode === null && child.signalCode === null ? child : undefined
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || !running(child)) return
  child.ref()
  const exit = once(child, 'exit')
  child.kill(signal)
  child.kill('SIGCONT')
  await exit
}

async function ready(child: ChildProcess, sign: RegExp): Promise<void> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`RabbitMQ ${why}\n${said}`))
    child.once('error', (error) => fail(error.message))
    child.once('close', (code, signal) => fail(`ended with ${code ?? signal}`))
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        said = (said + chunk).slice(-8_000)
        if (sign.test(said)) resolve()
      })
    }
  })
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

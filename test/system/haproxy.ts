import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Backend {
  readonly name: string
  readonly port: number
  readonly probePort: number
}

/** What HAProxy counts of a server, or of all of them as 'BACKEND'. */
export type Row = Readonly<Record<string, string>>

/** HAProxy in front of servers it probes at /readyz. It retries nothing and sends nothing elsewhere: what fails, fails for all to see. */
export class HAProxy {
  readonly #child: ChildProcess
  #said = ''
  readonly #folder = mkdtempSync(join(tmpdir(), 'keelson-haproxy-'))

  constructor(port: number, backends: readonly Backend[]) {
    const file = join(this.#folder, 'haproxy.cfg')
    writeFileSync(file, configuration(port, backends, this.#socket))
    this.#child = spawn('haproxy', ['-f', file, '-db'], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr?.on('data', (chunk) => {
      this.#said += chunk
    })
    this.#child.on('error', (error) => {
      this.#said += `${error.message}; npm run test:system installs it`
    })
  }

  get #runs(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get #socket(): string {
    return join(this.#folder, 'stats')
  }

  /** The counters by the name of the server. */
  async stats(): Promise<ReadonlyMap<string, Row>> {
    const socket = connect(this.#socket)
    socket.end('show stat\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    const [names = '', ...lines] = text.replace(/^# /, '').trim().split('\n')
    const keys = names.split(',')
    const rows = lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [keys[i], value])) as Row)
    return new Map(rows.filter((row) => row.pxname === 'shop').map((row) => [row.svname ?? '', row]))
  }

  /** Waits until HAProxy sends requests to all of `names`. */
  async sendsTo(...names: string[]): Promise<void> {
    for (;;) {
      const stats = await this.stats().catch((error: Error) => {
        if (this.#runs) return undefined
        throw new Error(`haproxy does not run: ${this.#said}`, { cause: error })
      })
      if (stats && names.every((name) => stats.get(name)?.status === 'UP')) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async end(): Promise<void> {
    if (this.#runs) {
      const exit = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await exit
    }
    rmSync(this.#folder, { recursive: true })
  }
}

function configuration(port: number, backends: readonly Backend[], socket: string): string {
  return `
global
  stats socket ${socket} mode 600
defaults
  mode http
  retries 0
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout check 5s
  timeout http-keep-alive 10s
listen shop
  bind 127.0.0.1:${port}
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
  default-server check inter 200ms fall 2 rise 2
${backends.map((one) => `  server ${one.name} 127.0.0.1:${one.port} port ${one.probePort}`).join('\n')}
`
}

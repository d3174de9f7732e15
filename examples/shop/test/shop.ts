import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A line of the shop's log. */
export interface LogLine {
  readonly event?: string
  readonly to?: string
  readonly msg: string
  readonly level: number
  readonly [key: string]: unknown
}

/** The shop as `npm start` runs it, on free ports. */
export class Shop {
  readonly child: ChildProcess
  readonly log: LogLine[] = []
  #api = ''
  #probes = ''
  #heard = () => {}

  constructor(env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, MONGO_URL: '', REDIS_URL: '', PORT: '0', PROBE_PORT: '0', REQUESTS_PER_SECOND: '100000', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{')) return
      this.log.push(JSON.parse(line) as LogLine)
      this.#heard()
    })
  }

  /** Waits for the line of the log that tells of a state of the kernel. */
  async said(state: string): Promise<LogLine> {
    for (;;) {
      const line = this.log.find((line) => line.event === 'kernel:state' && line.to === state)
      if (line !== undefined) return line
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#heard = resolve
        }),
        once(this.child, 'exit').then(([code]) => {
          throw new Error(`the shop ended with ${code} before it said "${state}": ${JSON.stringify(this.log)}`)
        }),
      ])
    }
  }

  async ready(): Promise<this> {
    const { urls, probes } = (await this.said('running')) as LogLine & { urls: { api: string }; probes: string }
    this.#api = urls.api
    this.#probes = probes
    return this
  }

  get(path: string): Promise<Response> {
    return fetch(this.#api + path)
  }

  order(body: unknown): Promise<Response> {
    return fetch(`${this.#api}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  }

  get api(): string {
    return this.#api
  }

  async readiness(): Promise<number> {
    const response = await fetch(this.#probes)
    await response.arrayBuffer()
    return response.status
  }

  async liveness(): Promise<number> {
    const response = await fetch(new URL('/livez', this.#probes))
    await response.arrayBuffer()
    return response.status
  }

  /** Asks again and again until readiness is `status`. */
  async readinessIs(status: number): Promise<void> {
    while ((await this.readiness()) !== status) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  /** The processes that it has started. */
  get children(): number[] {
    const { pid } = this.child
    const list = existsSync('/proc')
      ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      : execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    return list.split(/\s+/).filter(Boolean).map(Number)
  }

  /** Sends the signal and resolves to the exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode
    const exit = once(this.child, 'exit')
    this.child.kill(signal)
    const [code] = await exit
    return code
  }
}

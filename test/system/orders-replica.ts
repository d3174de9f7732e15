import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Backend } from './haproxy.js'

/** A replica of the example with orders, as a platform runs it. */
export class OrdersReplica {
  readonly #backend: Backend
  readonly #child: ChildProcess
  #said = ''

  constructor(backend: Backend, env: Readonly<Record<string, string>>) {
    this.#backend = backend
    const ports = { PORT: String(backend.port), PROBE_PORT: String(backend.probePort) }
    this.#child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
      cwd: fileURLToPath(new URL('../../examples/orders', import.meta.url)),
      env: { ...process.env, ...env, ...ports },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#said += chunk
      })
    }
  }

  get log(): string {
    return this.#said
  }

  get url(): string {
    return `http://127.0.0.1:${this.#backend.port}`
  }

  /** The status of a probe, and what it says; 0 while nobody answers. */
  async probe(name: 'livez' | 'readyz'): Promise<{ status: number; text: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.#backend.probePort}/${name}?verbose`).catch(() => undefined)
    return { status: answer?.status ?? 0, text: (await answer?.text()) ?? '' }
  }

  async ready(): Promise<this> {
    while ((await this.probe('readyz')).status !== 200) {
      if (this.#child.exitCode !== null) throw new Error(`the replica ended with ${this.#child.exitCode}:\n${this.#said}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return this
  }

  /** Whether this one runs what one replica of all runs. */
  async leads(): Promise<boolean> {
    return /^\[\+\] sweep: running/m.test((await this.probe('readyz')).text)
  }

  /** Places an order; resolves to its id, or throws with what came instead. */
  async order(): Promise<string> {
    return await placeOrder(this.url)
  }

  /** Resolves to its exit code, or the signal. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode ?? this.#child.signalCode!
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code, by] = (await ended) as [number | null, string | null]
    return code ?? by ?? ''
  }
}

export async function placeOrder(url: string): Promise<string> {
  const answer = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ item: 'rope', quantity: 2 }),
  })
  const text = await answer.text()
  if (answer.status !== 201) throw new Error(`${answer.status} ${text}`)
  return (JSON.parse(text) as { id: string }).id
}

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type TcpProxy, tcpProxy } from '@keelson/kernel/conformance'
import { expect, onTestFinished, vi } from 'vitest'

/** What a contender says, by a clock that all share, in ms. */
interface Said {
  readonly who: string
  readonly what: string
  readonly token: bigint
  readonly at: number
}

/** One process of several, each behind a proxy of its own. */
export class Contender {
  readonly name: string
  readonly proxy: TcpProxy
  readonly process: ChildProcess
  /** All that it wrote. */
  output = ''

  constructor(name: string, proxy: TcpProxy, process: ChildProcess) {
    this.name = name
    this.proxy = proxy
    this.process = process
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal)
  }
}

export interface Term extends Said {
  readonly contender: Contender
}

const POLL = { timeout: 40_000, interval: 20 }

/** Several processes that want to lead. */
export class Contest {
  readonly lease: number
  readonly #kind: string
  readonly #url: URL
  readonly #key = `contest ${process.pid} ${Math.random()}`
  readonly #said: Said[] = []
  readonly #contenders = new Map<string, Contender>()
  #joined = 0

  constructor(kind: string, url: string, lease: number) {
    this.#kind = kind
    this.#url = new URL(url)
    this.lease = lease
    onTestFinished(() => {
      for (const { process } of this.#contenders.values()) process.kill('SIGKILL')
    })
  }

  /** Starts another, and waits until it is ready: leading or not. */
  async join(): Promise<Contender> {
    const name = `shop-${++this.#joined}`
    const proxy = await tcpProxy({ port: Number(this.#url.port) })
    onTestFinished(() => proxy.close())
    const url = new URL(this.#url)
    url.port = String(proxy.port)
    const env = { PATH: process.env.PATH, NAME: name, KIND: this.#kind, URL: url.href, KEY: this.#key, LEASE: String(this.lease) }
    const child = spawn(process.execPath, [fileURLToPath(new URL('contender.mjs', import.meta.url))], { env })
    const contender = new Contender(name, proxy, child)
    this.#contenders.set(name, contender)
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => this.#heard(contender, line))
    await vi.waitFor(() => expect(this.#readyAt(name), contender.output).toBeDefined(), POLL)
    return contender
  }

  /** The next term with a greater token than the one before. */
  async next(before?: Said): Promise<Term> {
    const after = before?.token ?? 0n
    const found = await vi.waitFor(() => {
      const said = this.#said.find(({ what, token }) => what === 'leads' && token > after)
      if (said === undefined) throw new Error(`nobody leads after ${after}\n${this.transcript()}`)
      return said
    }, POLL)
    return { ...found, contender: this.#contenders.get(found.who)! }
  }

  /** When that term was over, as its process said. */
  async end({ who, token }: Said): Promise<number> {
    return vi.waitFor(() => {
      const said = this.#said.find((said) => said.who === who && said.what === 'down' && said.token === token)
      if (said === undefined) throw new Error(`${who} has not said that its term ${token} is over\n${this.transcript()}`)
      return said.at
    }, POLL)
  }

  /** Waits until some process is at work, from now on. */
  async works(): Promise<void> {
    const heard = this.#said.length
    await vi.waitFor(() => {
      const at = this.#said.slice(heard).filter(({ what }) => what === 'works')
      if (at.length < 5) throw new Error(`nobody works\n${this.transcript()}`)
    }, POLL)
  }

  /** The last that a process said in a term. */
  lastWork({ who, token }: Said): number {
    return Math.max(...this.#said.filter((said) => said.who === who && said.token === token).map(({ at }) => at))
  }

  /** For how long, in ms at the most, a process went on to work in one term when another one worked in a later one. */
  get longestDouble(): number {
    const terms = this.#said.filter(({ what }) => what === 'leads')
    const double = terms.flatMap((term) =>
      terms
        .filter((other) => other.token > term.token)
        .map((other) => this.#worked(term).filter((at) => at >= other.at && at <= this.lastWork(other)))
        .map((times) => (times.length === 0 ? 0 : Math.max(...times) - Math.min(...times) + 1)),
    )
    return Math.max(0, ...double)
  }

  /** Whether each term had a greater token than all that began before it. */
  get tokensGrow(): boolean {
    const terms = this.#said.filter(({ what }) => what === 'leads').sort((a, b) => a.at - b.at)
    return terms.every(({ token }, i) => i === 0 || token > terms[i - 1]!.token)
  }

  /** What a process said of its readiness once it had been ready. */
  lapses({ name }: Contender): string[] {
    const since = this.#readyAt(name) ?? Infinity
    return this.#said
      .filter(({ who, what, at }) => who === name && at > since && what.startsWith('not ready'))
      .map(({ what }) => what)
  }

  transcript(): string {
    const told = this.#said.filter(({ what }) => what !== 'works')
    return told.map(({ who, what, token, at }) => `${at.toFixed(0)} ${who} ${what} ${token}`).join('\n')
  }

  #worked({ who, token }: Said): number[] {
    return this.#said.filter((said) => said.who === who && said.token === token).map(({ at }) => at)
  }

  #readyAt(name: string): number | undefined {
    return this.#said.find(({ who, what }) => who === name && what === 'ready')?.at
  }

  #heard(contender: Contender, line: string): void {
    if (line.startsWith('{"who"')) {
      const { token, ...said } = JSON.parse(line) as Said & { token: string }
      this.#said.push({ ...said, token: BigInt(token) })
    } else contender.output += `${line}\n`
  }
}

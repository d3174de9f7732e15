import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Inspection } from '../engine/docker-like.js'

export interface ScriptedContainer {
  readonly id: string
  name: string
  labels: Record<string, string>
  inspection: Inspection
  /** What a restart does to it; by default it runs again. */
  restarted: () => void
  /** With `true` the engine never answers about this one. */
  wedged: boolean
}

/** The part of Docker's API that the monitor uses, scripted, on a unix socket. */
export class ScriptedEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'engine-'))
  readonly socketPath = join(this.folder, 'docker.sock')
  readonly containers = new Map<string, ScriptedContainer>()
  /** Method and path of every request, without the version. */
  readonly requests: string[] = []
  readonly #streams = new Set<ServerResponse>()
  #server: Server | undefined
  /** Of each answer about containers, in ms. */
  latency = 0
  inFlight = 0
  highest = 0
  /** Accepts connections and keeps those it has, but answers nothing, like a process that is stopped. */
  frozen = false
  /** How long a restart takes, in ms of real time. */
  restartTakes = 0
  /** What the command of an exec ends with. */
  execCode = 0
  /** With `true` the command of an exec never ends. */
  execHangs = false
  #execs = 0

  async start(): Promise<this> {
    const server = createServer((req, res) => void this.#answer(req, res))
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.socketPath, resolve))
    return this
  }

  /** Goes away, with all its connections; `start()` brings it back in the same place. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    for (const stream of this.#streams) stream.destroy()
    await closed
  }

  /** Begins to leave: takes no new connections, and answers over those that there are. */
  leave(): void {
    NetServer.prototype.close.call(this.#server)
  }

  async dispose(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true })
  }

  run(
    name: string,
    labels: Record<string, string> = { app: 'worker' },
    state: Partial<Inspection['State']> = {},
  ): ScriptedContainer {
    const id = `${this.containers.size}${name}`.padEnd(64, '0')
    const container: ScriptedContainer = {
      id,
      name,
      labels,
      inspection: {
        State: { Status: 'running', Running: true, ExitCode: 0, OOMKilled: false, StartedAt: new Date().toISOString(), ...state },
        RestartCount: 0,
        Config: { Image: 'bb:latest' },
      },
      restarted: () => this.set(container, { Status: 'running', Running: true, Paused: false }),
      wedged: false,
    }
    this.containers.set(id, container)
    this.emit('start', id)
    return container
  }

  set(container: ScriptedContainer, state: Partial<Inspection['State']>): void {
    Object.assign(container.inspection.State, state)
  }

  /** Gives it a restart policy of its own. */
  policy(container: ScriptedContainer, name: string): void {
    container.inspection.HostConfig = { RestartPolicy: { Name: name } }
  }

  exit(container: ScriptedContainer, code = 137, oom = false): void {
    this.set(container, { Status: 'exited', Running: false, ExitCode: code, OOMKilled: oom })
    this.emit('die', container.id)
  }

  remove(container: ScriptedContainer): void {
    this.containers.delete(container.id)
    this.emit('destroy', container.id)
  }

  /** Writes to the event stream whatever it is, as far as somebody reads it. */
  emitText(text: string): void {
    for (const stream of this.#streams) stream.write(text)
  }

  emit(action: string, id: string, attributes: Record<string, string> = {}): void {
    const event = { Type: 'container', Action: action, Actor: { ID: id, Attributes: attributes } }
    for (const stream of this.#streams) stream.write(`${JSON.stringify(event)}\n`)
  }

  /** Cuts the event stream, and nothing else. */
  cutStream(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  connections(): Promise<number> {
    return new Promise((resolve) => this.#server!.getConnections((_error, count) => resolve(count)))
  }

  get streams(): number {
    return this.#streams.size
  }

  count(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '', 'http://engine')
    this.requests.push(`${req.method} ${url.pathname}`)
    if (this.frozen) return
    if (url.pathname === '/events') return this.#stream(res)
    if (url.pathname === '/_ping') return void res.end('OK')
    this.inFlight++
    this.highest = Math.max(this.highest, this.inFlight)
    res.on('close', () => this.inFlight--)
    req.resume()
    if (this.latency > 0) await new Promise((resolve) => setTimeout(resolve, this.latency))
    const [, kind, id = '', action] = url.pathname.split('/')
    if (kind === 'exec' && action === 'start' && this.execHangs) return void res.writeHead(200).flushHeaders()
    if (kind === 'exec') return action === 'json' ? json(res, { ExitCode: this.execCode }) : void res.writeHead(200).end()
    if (id === 'json') return json(res, this.#list(JSON.parse(url.searchParams.get('filters') ?? '{}')))
    const container = this.containers.get(id)
    if (container === undefined) return json(res, { message: `No such container: ${id}` }, 404)
    if (container.wedged) return
    if (action === 'json') return json(res, container.inspection)
    if (action === 'exec') return json(res, { Id: `exec${this.#execs++}` }, 201)
    if (action === 'unpause') this.set(container, { Status: 'running', Paused: false })
    if (action === 'restart') {
      if (this.restartTakes > 0) await new Promise((resolve) => setTimeout(resolve, this.restartTakes))
      try {
        container.restarted()
      } catch (error) {
        return json(res, { message: (error as Error).message }, 500)
      }
    }
    res.writeHead(204).end()
    this.emit('start', id)
  }

  #stream(res: ServerResponse): void {
    this.#streams.add(res)
    res.on('close', () => this.#streams.delete(res))
    res.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
  }

  #list(filters: { label?: string[]; id?: string[] }): unknown[] {
    return [...this.containers.values()]
      .filter(({ id }) => filters.id === undefined || filters.id.includes(id))
      .filter(({ labels }) =>
        (filters.label ?? []).every((label) => Object.entries(labels).some(([k, v]) => label === `${k}=${v}`)),
      )
      .map(({ id, name, labels, inspection }) => ({
        Id: id,
        Names: [`/${name}`],
        Image: 'bb:latest',
        State: inspection.State.Status,
        Labels: labels,
        Ports: [],
        NetworkSettings: { Networks: { none: { IPAddress: '' } } },
      }))
  }
}

function json(res: ServerResponse, body: unknown, status = 200): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

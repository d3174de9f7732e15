import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKernel, type Kernel, type KernelOptions, type ResourceLike } from '@keelson/kernel'
import { onTestFinished } from 'vitest'
import { type Inspector, type InspectorOptions, inspector } from '../index.js'
import type { Hello, Update } from '../protocol.js'

/** A kernel that runs, and is shut down after the test. */
export async function running(resources: ResourceLike[], options?: KernelOptions): Promise<Kernel> {
  const kernel = createKernel(resources, { name: 'shop', ...options })
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  await kernel.start().catch(() => {})
  return kernel
}

/** An inspector on a server of its own, and where it is. */
export async function inspected(
  kernel: Kernel,
  options?: InspectorOptions,
): Promise<{ inspect: Inspector; url: string; server: Server }> {
  const inspect = inspector(kernel, options)
  const server = createServer((req, res) => void (inspect.serveToEnd(req, res) || res.writeHead(404).end('the application')))
  const url = await listening(server)
  onTestFinished(async () => {
    await inspect.close()
    server.closeAllConnections()
  })
  return { inspect, url: `${url}${inspect.path}`, server }
}

/** Listens on the loopback until the test is over; where. */
export async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** One request, with headers that `fetch()` would not send, such as `Host`. */
export function ask(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers, agent: false }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers, body: Buffer.concat(chunks).toString() }))
      res.on('error', reject)
    })
    req.on('error', reject)
    req.end(body)
  })
}

/** A page that looks: what it was told, and what that comes to. */
export class Page {
  readonly messages: (Hello | Update)[] = []
  readonly at: number[] = []
  status = 0
  ended = false
  #text = ''
  readonly #req: ReturnType<typeof request>

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#req = request(`${url}/events`, { headers, agent: false }, (res) => {
      this.status = res.statusCode!
      res.setEncoding('utf8')
      res.on('data', (text: string) => this.#take(text))
      res.on('close', () => {
        this.ended = true
      })
    })
    this.#req.on('error', () => {
      this.ended = true
    })
    this.#req.end()
    onTestFinished(() => this.leave())
  }

  leave(): void {
    this.#req.destroy()
  }

  get hello(): Hello {
    return this.messages[0] as Hello
  }

  get updates(): Update[] {
    return this.messages.filter((message) => message.type === 'update')
  }

  /** The newest of this part. */
  latest<K extends 'kernel' | 'plan' | 'timeline' | 'panels'>(part: K): NonNullable<Update[K]> {
    return [...this.messages].reverse().find((message) => message[part] !== undefined)![part] as NonNullable<Update[K]>
  }

  /** The newest of this resource. */
  resource(name: string) {
    for (const { resources } of [...this.messages].reverse()) {
      const found = resources?.find((each) => each.name === name)
      if (found !== undefined) return found
    }
    return undefined
  }

  get texts(): string[] {
    return this.messages.flatMap(({ events }) => events?.map(({ text }) => text) ?? [])
  }

  #take(text: string): void {
    this.#text += text
    const messages = this.#text.split('\n\n')
    this.#text = messages.pop()!
    for (const message of messages) {
      this.messages.push(JSON.parse(message.replace(/^data: /, '')))
      this.at.push(performance.now())
    }
  }
}

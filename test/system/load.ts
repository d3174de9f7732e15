import { Agent, request } from 'node:http'

/** Clients that ask without an end, half of them on connections that they keep, a part of the requests not to be repeated. */
export class Load {
  answered = 0
  readonly failed: string[] = []
  readonly #agents = [new Agent({ keepAlive: true, maxSockets: 64 }), new Agent({ keepAlive: false })]
  readonly #clients: Promise<void>[]
  #over = false

  constructor(url: string, clients: number) {
    this.#clients = Array.from({ length: clients }, (_, i) => this.#client(url, i))
  }

  async end(): Promise<void> {
    this.#over = true
    await Promise.all(this.#clients)
    for (const agent of this.#agents) agent.destroy()
  }

  async #client(url: string, number: number): Promise<void> {
    const agent = this.#agents[number % 2] as Agent
    for (let i = number; !this.#over; i++) {
      const [what, expected] = i % 4 === 0 ? (['POST', 201] as const) : (['GET', 200] as const)
      const result = await ask(url, what, agent)
      if (result === expected) this.answered++
      else this.failed.push(`${what}, keep-alive ${number % 2 === 0}: ${result}`)
      // Leaves a machine of two cores the time to start the next instance.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
    }
  }
}

/** The status, or what went wrong. */
function ask(url: string, method: 'GET' | 'POST', agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    const call = request(
      `${url}${method === 'GET' ? '/products' : '/orders'}`,
      { method, agent, headers: method === 'GET' ? {} : { 'content-type': 'application/json' } },
      (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode ?? 'no status'))
        response.once('error', (error) => resolve(`cut: ${error.message}`))
      },
    )
    call.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    call.end(method === 'GET' ? undefined : '{"product":"rope","quantity":1}')
  })
}

import { createInterface } from 'node:readline'
import type { ServerProcess } from '../child/server-process.js'

/** Asks the line server; answers may come in any order. */
export class LineClient {
  readonly child: ServerProcess
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #id = 0

  constructor(child: ServerProcess) {
    this.child = child
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { id, result } = JSON.parse(line) as { id: number; result: unknown }
      this.#waiting.get(id)?.(result)
      this.#waiting.delete(id)
    })
  }

  ask(method: string, params?: unknown): Promise<unknown> {
    const id = ++this.#id
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.child.stdin.write(`${JSON.stringify({ id, method, params })}\n`)
    })
  }
}

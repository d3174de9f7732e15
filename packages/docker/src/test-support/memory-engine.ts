import { Readable } from 'node:stream'
import type { ContainerLike, DockerLike, Inspection, ListedContainer } from '../engine/docker-like.js'

/** An engine without a socket, for what takes very many answers. */
export class MemoryEngine implements DockerLike {
  readonly #containers = new Map<string, { name: string; inspection: Inspection }>()
  readonly #streams = new Set<Readable>()
  #count = 0
  inspections = 0

  ids(): string[] {
    return [...this.#containers.keys()]
  }

  run(name: string): void {
    const id = `${this.#count++}`.padStart(64, '0')
    this.#containers.set(id, { name, inspection: { State: { Status: 'running', Running: true, ExitCode: 0 } } })
    this.#tell('start', id)
  }

  exit(id: string): void {
    Object.assign(this.#containers.get(id)!.inspection.State, { Status: 'exited', Running: false, ExitCode: 1 })
    this.#tell('die', id)
  }

  remove(id: string): void {
    this.#containers.delete(id)
    this.#tell('destroy', id)
  }

  async ping(): Promise<unknown> {
    return 'OK'
  }

  async listContainers({ filters }: { filters: Record<string, string[]> }): Promise<ListedContainer[]> {
    const listed = [...this.#containers].filter(([id]) => filters.id?.includes(id) ?? true)
    return listed.map(([Id, { name, inspection }]) => ({ Id, Names: [`/${name}`], Image: 'bb', State: inspection.State.Status! }))
  }

  async getEvents({ abortSignal }: { abortSignal?: AbortSignal }): Promise<NodeJS.ReadableStream> {
    const stream = new Readable({ read() {} })
    this.#streams.add(stream)
    abortSignal?.addEventListener('abort', () => {
      this.#streams.delete(stream)
      stream.destroy()
    })
    return stream
  }

  getContainer(id: string): ContainerLike {
    const state = () => {
      const found = this.#containers.get(id)
      if (found === undefined) throw Object.assign(new Error('no such container'), { statusCode: 404 })
      return found.inspection
    }
    const up = async () => void Object.assign(state().State, { Status: 'running', Running: true })
    return {
      inspect: async () => {
        this.inspections++
        return structuredClone(state())
      },
      restart: up,
      unpause: up,
      exec: () => Promise.reject(new Error('there are no commands here')),
    }
  }

  #tell(action: string, id: string): void {
    for (const stream of this.#streams)
      stream.push(`${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id } })}\n`)
  }
}

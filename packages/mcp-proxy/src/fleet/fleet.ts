import { isDeepStrictEqual } from 'node:util'
import type { Kernel, ResourceLike } from '@keelson/kernel'
import type { ServerEntry } from '../config/servers-file.js'
import { say } from '../say.js'
import { type ServerResources, type Surroundings, serverResources } from './server-resources.js'
import type { ShownServer } from './servers-panel.js'

interface Member extends ServerResources {
  readonly entry: ServerEntry
}

/** The servers of a kernel: it has those that the file names, also after the file has changed. */
export class Fleet {
  readonly #surroundings: Surroundings
  /** Those that the file names. */
  readonly #members = new Map<string, Member>()
  /** Those that the kernel has. */
  readonly #present: Map<string, Member>
  /** What is being done about a server. */
  readonly #changes = new Map<string, Promise<void>>()

  /** @throws KeelsonError `INVALID_OPTION` for an entry that cannot be used. */
  constructor(servers: ReadonlyMap<string, ServerEntry>, surroundings: Surroundings) {
    this.#surroundings = surroundings
    for (const [name, entry] of servers) this.#members.set(name, this.#member(name, entry))
    this.#present = new Map(this.#members)
  }

  /** The resources that bring all others with them. */
  get tools(): readonly ResourceLike[] {
    return Array.from(this.#members.values(), ({ tools }) => tools)
  }

  /** Those that the file names, as they are shown. */
  get shown(): ShownServer[] {
    return Array.from(this.#members, ([name, { meter, entry }]) => ({ name, meter, isIsolated: entry.isolation !== undefined }))
  }

  /** Its process is another one afterwards; of one that is isolated, those of all clients. */
  async restart(kernel: Kernel, name: string): Promise<void> {
    const member = this.#present.get(name)
    if (member === undefined) throw new Error(`there is no server "${name}" any more`)
    const { resources } = kernel.inspect()
    const sessions = resources.map(({ name }) => name).filter((each) => each.startsWith(`${name}@`) && !each.endsWith(':tools'))
    const restarted = member.server === member.tools ? sessions.map((each) => kernel.find(each)) : [member.server]
    await Promise.all(restarted.map((each) => each && kernel.restart(each)))
  }

  /**
   * Makes a running kernel have these servers: what is new or has changed is started, what is gone is stopped when its calls are
   * over, the others never notice.
   *
   * @throws KeelsonError `INVALID_OPTION` for an entry that cannot be used: nothing is changed then. Errors of stops.
   */
  async update(kernel: Kernel, servers: ReadonlyMap<string, ServerEntry>): Promise<void> {
    const gone = [...this.#members.keys()].filter((name) => !servers.has(name))
    const fresh = [...servers]
      .filter(([name, entry]) => !isDeepStrictEqual(this.#members.get(name)?.entry, entry))
      .map(([name, entry]) => [name, this.#member(name, entry)] as const)
    const news = [
      ...fresh.map(([name]) => `${name} is ${this.#members.has(name) ? 'changed' : 'new'}`),
      ...gone.map((name) => `${name} is gone`),
    ]
    if (news.length > 0) say(`the servers change: ${news.join(', ')}`)
    for (const name of gone) {
      this.#members.delete(name)
      kernel.get(this.#surroundings.catalog).forget(name)
    }
    for (const [name, member] of fresh) this.#members.set(name, member)
    const changes = [...gone, ...fresh.map(([name]) => name)].map((name) => this.#change(kernel, name))
    for (const change of await Promise.allSettled(changes)) if (change.status === 'rejected') throw change.reason
  }

  /** One change after the other for each server, and none that the file has taken back meanwhile. */
  #change(kernel: Kernel, name: string): Promise<void> {
    const before = this.#changes.get(name) ?? Promise.resolve()
    const change = before.catch(() => {}).then(() => this.#replace(kernel, name))
    this.#changes.set(name, change)
    return change
  }

  async #replace(kernel: Kernel, name: string): Promise<void> {
    const present = this.#present.get(name)
    if (present === this.#members.get(name)) return
    try {
      if (present !== undefined) await this.#remove(kernel, name, present)
    } finally {
      const wanted = this.#members.get(name)
      if (wanted === undefined)
        kernel.get(this.#surroundings.catalog).forget(name) // it may have come up meanwhile
      else {
        this.#present.set(name, wanted)
        await kernel.add(wanted.tools)
      }
    }
  }

  async #remove(kernel: Kernel, name: string, { server, limiter, tools }: Member): Promise<void> {
    this.#present.delete(name)
    try {
      await kernel.remove(limiter, { dependents: true })
    } finally {
      if (server !== tools) await kernel.remove(server)
    }
  }

  #member(name: string, entry: ServerEntry): Member {
    return { entry, ...serverResources(name, entry, this.#surroundings) }
  }
}

import { isDeepStrictEqual } from 'node:util'
import type { Kernel, Resource, ResourceLike } from '@keelson/kernel'
import type { Catalog } from './catalog.js'
import { type ServerResources, serverResources } from './server-resources.js'
import type { ServerEntry } from './servers-file.js'

interface Member extends ServerResources {
  readonly entry: ServerEntry
}

/** The servers of a kernel: it has those that the file names, also after the file has changed. */
export class Fleet {
  readonly #catalog: Resource<Catalog>
  readonly #members = new Map<string, Member>()
  #changing: Promise<void> = Promise.resolve()

  /** @throws KeelsonError `INVALID_OPTION` for an entry that cannot be used. */
  constructor(servers: ReadonlyMap<string, ServerEntry>, catalog: Resource<Catalog>) {
    this.#catalog = catalog
    for (const [name, entry] of servers) this.#members.set(name, this.#member(name, entry))
  }

  /** The resources that bring all others with them. */
  get tools(): readonly ResourceLike[] {
    return Array.from(this.#members.values(), ({ tools }) => tools)
  }

  /** By its name, which is that of its resource. */
  get(name: string): ServerResources | undefined {
    return this.#members.get(name)
  }

  /**
   * Makes a running kernel have these servers: what is new or has changed is started, what is gone is stopped when its calls are
   * over, the others never notice.
   *
   * @throws KeelsonError `INVALID_OPTION` for an entry that cannot be used: nothing is changed then. Errors of stops.
   */
  update(kernel: Kernel, servers: ReadonlyMap<string, ServerEntry>): Promise<void> {
    const change = this.#changing.then(() => this.#update(kernel, servers))
    this.#changing = change.catch(() => {})
    return change
  }

  async #update(kernel: Kernel, servers: ReadonlyMap<string, ServerEntry>): Promise<void> {
    const fresh = [...servers]
      .filter(([name, entry]) => !isDeepStrictEqual(this.#members.get(name)?.entry, entry))
      .map(([name, entry]) => [name, this.#member(name, entry)] as const)
    const stale = [...this.#members].filter(([name]) => !servers.has(name) || fresh.some(([other]) => other === name))
    const removals = await Promise.allSettled(stale.map(([name, member]) => this.#remove(kernel, name, member)))
    for (const [name, member] of fresh) this.#members.set(name, member)
    await Promise.all(fresh.map(([, { tools }]) => kernel.add(tools)))
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason
  }

  async #remove(kernel: Kernel, name: string, { server, limiter }: Member): Promise<void> {
    this.#members.delete(name)
    kernel.get(this.#catalog).forget(name)
    await kernel.remove(limiter, { dependents: true })
    await kernel.remove(server)
  }

  #member(name: string, entry: ServerEntry): Member {
    return { entry, ...serverResources(name, entry, this.#catalog) }
  }
}

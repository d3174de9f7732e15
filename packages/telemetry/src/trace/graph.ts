import type { EdgeKind, KernelSnapshot } from '@keelson/kernel'

/** One edge, as seen from one of its ends. */
export interface Edge {
  readonly resource: string
  readonly kind: EdgeKind
}

/** Who depends on whom, as of the last look at the kernel. */
export class Graph {
  readonly #dependencies = new Map<string, readonly Edge[]>()
  readonly #dependents = new Map<string, Edge[]>()
  readonly #labels = new Map<string, Readonly<Record<string, string>>>()
  /** X2: whose failures change nothing. */
  readonly #minor = new Set<string>()

  constructor({ resources }: KernelSnapshot) {
    for (const { name, dependsOn, labels, impact } of resources) {
      this.#dependencies.set(name, dependsOn)
      this.#labels.set(name, labels)
      if (impact === 'none') this.#minor.add(name)
      for (const { resource, kind } of dependsOn) {
        const dependents = this.#dependents.get(resource)
        if (dependents === undefined) this.#dependents.set(resource, [{ resource: name, kind }])
        else dependents.push({ resource: name, kind })
      }
    }
  }

  get size(): number {
    return this.#dependencies.size
  }

  has(resource: string): boolean {
    return this.#dependencies.has(resource)
  }

  /** Whether a failure of it counts. */
  counts(resource: string): boolean {
    return !this.#minor.has(resource)
  }

  label(resource: string, name: string): string | undefined {
    return this.#labels.get(resource)?.[name]
  }

  dependenciesOf(resource: string): readonly Edge[] {
    return this.#dependencies.get(resource) ?? []
  }

  dependentsOf(resource: string): readonly Edge[] {
    return this.#dependents.get(resource) ?? []
  }
}

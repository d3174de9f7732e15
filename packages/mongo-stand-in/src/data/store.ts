import { Collection } from './collection.js'

/** Everything the stand-in holds, in memory: collections by `database.collection`. */
export class Store {
  readonly #collections = new Map<string, Collection>()

  find(database: string, name: string): Collection | undefined {
    return this.#collections.get(`${database}.${name}`)
  }

  /** The collection, created by the first write to it. */
  open(database: string, name: string): Collection {
    const existing = this.find(database, name)
    if (existing) return existing
    const created = new Collection(database, name)
    this.#collections.set(created.namespace, created)
    return created
  }

  drop(database: string, name: string): boolean {
    return this.#collections.delete(`${database}.${name}`)
  }

  collectionsOf(database: string): Collection[] {
    return [...this.#collections.values()].filter((collection) => databaseOf(collection) === database)
  }

  databases(): string[] {
    return [...new Set([...this.#collections.values()].map(databaseOf))]
  }

  clear(): void {
    this.#collections.clear()
  }
}

/** A database's name has no dot, a collection's may have. */
function databaseOf({ namespace }: Collection): string {
  return namespace.slice(0, namespace.indexOf('.'))
}

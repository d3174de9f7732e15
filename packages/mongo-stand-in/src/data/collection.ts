import { ObjectId } from 'bson'
import { CommandError } from '../command-error.js'
import { type Document, keyOf } from '../document.js'
import { type IndexSpec, UniqueIndex } from './unique-index.js'

const ID_INDEX: IndexSpec = { name: '_id_', key: { _id: 1 }, unique: true, sparse: false }

/**
 * Documents in insertion order, unique by `_id`. A stored document is never changed, only replaced: what a cursor still
 * holds stays as it was, and an update that fails half-way leaves nothing behind.
 */
export class Collection {
  readonly name: string
  readonly namespace: string
  readonly #documents = new Map<string, Document>()
  readonly #specs = new Map<string, IndexSpec>()
  readonly #unique = new Map<string, UniqueIndex>()

  constructor(database: string, name: string) {
    this.name = name
    this.namespace = `${database}.${name}`
    this.createIndex(ID_INDEX)
  }

  get documents(): Document[] {
    return [...this.#documents.values()]
  }

  get indexes(): IndexSpec[] {
    return [...this.#specs.values()]
  }

  /** Stores the document, with an `_id` of its own when it has none, and returns what is stored. */
  insert(document: Document): Document {
    const stored = document._id === undefined ? { _id: new ObjectId(), ...document } : { _id: document._id, ...document }
    if (Array.isArray(stored._id) || stored._id instanceof RegExp) {
      throw new CommandError('InvalidIdField', "the '_id' field cannot be an array or a regular expression")
    }
    for (const index of this.#unique.values()) index.check(stored)
    this.#put(stored)
    return stored
  }

  replace(old: Document, next: Document): void {
    for (const index of this.#unique.values()) index.check(next, old)
    for (const index of this.#unique.values()) index.remove(old)
    this.#put(next)
  }

  remove(document: Document): void {
    for (const index of this.#unique.values()) index.remove(document)
    this.#documents.delete(keyOf(document._id))
  }

  /** False when there is one of that name already. */
  createIndex(spec: IndexSpec): boolean {
    if (this.#specs.has(spec.name)) return false
    if (spec.unique) {
      const index = new UniqueIndex(this.namespace, spec)
      for (const document of this.#documents.values()) {
        index.check(document)
        index.add(document)
      }
      this.#unique.set(spec.name, index)
    }
    this.#specs.set(spec.name, spec)
    return true
  }

  dropIndex(name: string): void {
    if (name === ID_INDEX.name) throw new CommandError('BadValue', 'cannot drop _id index')
    if (!this.#specs.delete(name)) throw new CommandError('IndexNotFound', `index not found with name [${name}]`)
    this.#unique.delete(name)
  }

  #put(document: Document): void {
    for (const index of this.#unique.values()) index.add(document)
    this.#documents.set(keyOf(document._id), document)
  }
}

import { CommandError } from '../command-error.js'
import { type Document, keyOf, valuesAt } from '../document.js'

export interface IndexSpec {
  readonly name: string
  readonly key: Document
  readonly unique: boolean
  readonly sparse: boolean
}

/** Which document holds which key. An index that is not unique speeds nothing up here, so only its spec is kept. */
export class UniqueIndex {
  readonly #namespace: string
  readonly #spec: IndexSpec
  readonly #holders = new Map<string, Document>()

  constructor(namespace: string, spec: IndexSpec) {
    this.#namespace = namespace
    this.#spec = spec
  }

  /** @throws CommandError DuplicateKey when another document than `replaced` holds one of the keys. */
  check(document: Document, replaced?: Document): void {
    for (const [key, values] of this.#keys(document)) {
      const holder = this.#holders.get(key)
      if (holder && holder !== replaced) throw this.#duplicate(values)
    }
  }

  add(document: Document): void {
    for (const key of this.#keys(document).keys()) this.#holders.set(key, document)
  }

  remove(document: Document): void {
    for (const key of this.#keys(document).keys()) this.#holders.delete(key)
  }

  /** One key per document, or one per element where a field is an array. */
  #keys(document: Document): Map<string, Document> {
    let keys: Document[] = [{}]
    let present = false
    for (const path of Object.keys(this.#spec.key)) {
      const values = valuesAt(document, path)
      if (values.length > 0) present = true
      keys = keys.flatMap((key) => (values.length > 0 ? values : [null]).map((value) => ({ ...key, [path]: value })))
    }
    if (this.#spec.sparse && !present) return new Map()
    return new Map(keys.map((key) => [keyOf(key), key]))
  }

  #duplicate(keyValue: Document): CommandError {
    const { name, key } = this.#spec
    const shown = Object.entries(keyValue).map(([path, value]) => `${path}: ${JSON.stringify(value)}`)
    return new CommandError(
      'DuplicateKey',
      `E11000 duplicate key error collection: ${this.#namespace} index: ${name} dup key: { ${shown.join(', ')} }`,
      { keyPattern: key, keyValue },
    )
  }
}

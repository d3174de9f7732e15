import { deserialize, EJSON, serialize } from 'bson'

/** A document as it comes off the wire: nothing in it can be trusted to have the type a command expects. */
export type Document = Record<string, unknown>

export function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** A deep copy, in the form the same document has after a trip over the wire. */
export function copyOf(document: Document): Document {
  return deserialize(serialize(document))
}

export function sameDocument(a: Document, b: Document): boolean {
  return Buffer.compare(serialize(a), serialize(b)) === 0
}

/** A string that is equal for equal values, so that BSON types can be keys of a Map. */
export function keyOf(value: unknown): string {
  return EJSON.stringify([value ?? null], { relaxed: false })
}

/** Every value at a dotted path. Arrays on the way and at the end count by element, as they do in an index. */
export function valuesAt(document: unknown, path: string): unknown[] {
  let found: unknown[] = [document]
  for (const field of path.split('.')) {
    found = found.flatMap((value) =>
      Array.isArray(value) ? [value[Number(field)], ...value.map((v) => fieldOf(v, field))] : fieldOf(value, field),
    )
    found = found.filter((value) => value !== undefined)
  }
  return found.flat()
}

function fieldOf(value: unknown, field: string): unknown[] {
  return isDocument(value) && Object.hasOwn(value, field) ? [value[field]] : []
}

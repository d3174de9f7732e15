import { ObjectId } from 'bson'
import { CommandError } from '../command-error.js'
import { copyOf, type Document, isDocument, keyOf, sameDocument } from '../document.js'
import type { Collection } from './collection.js'
import { type Selection, select, transform } from './query-engine.js'

/** One statement of an update, or a findAndModify. */
export interface UpdateStatement {
  readonly selection: Selection
  readonly update: Document | Document[]
  readonly upsert: boolean
  readonly arrayFilters?: Document[]
}

export interface UpdateOutcome {
  readonly matched: number
  readonly modified: number
  readonly before?: Document
  readonly after?: Document
  /** Present when nothing matched and the statement inserted. */
  readonly upsertedId?: unknown
}

export function runUpdate(collection: Collection, statement: UpdateStatement): UpdateOutcome {
  const found = select(collection.documents, statement.selection)
  if (found.length === 0) return statement.upsert ? insertInstead(collection, statement) : { matched: 0, modified: 0 }

  let modified = 0
  let after: Document | undefined
  for (const document of found) {
    after = changed(document, statement)
    if (sameDocument(document, after)) continue
    collection.replace(document, after)
    modified += 1
  }
  return { matched: found.length, modified, before: found[0]!, after: after! }
}

function changed(document: Document, { update, selection, arrayFilters }: UpdateStatement): Document {
  const how = { ...selection, ...(arrayFilters ? { arrayFilters } : {}) }
  if (Array.isArray(update)) return keepingId(document, transform(document, update, how))
  if (isReplacement(update)) return keepingId(document, update)

  const { $setOnInsert: _, ...operators } = update
  const { set, id = document._id } = withoutId(operators.$set)
  keepingId(document, { _id: id })
  return transform(document, { ...operators, ...(set ? { $set: set } : {}) }, how)
}

/** The document an upsert inserts: the equalities of its filter, then the update, then an `_id` if it has none yet. */
function insertInstead(collection: Collection, { selection, update, arrayFilters }: UpdateStatement): UpdateOutcome {
  const { set: equal = {}, id: filterId } = withoutId(equalities(selection.filter))
  const how = { filter: {}, ...(arrayFilters ? { arrayFilters } : {}) }
  const base = transform({}, { $set: equal }, how)

  let id = filterId
  let document: Document
  if (Array.isArray(update)) {
    document = transform(id === undefined ? base : { _id: id, ...base }, update, how)
  } else if (isReplacement(update)) {
    document = update
  } else {
    const { $setOnInsert = {}, $set = {}, ...operators } = update
    const assigned = withoutId(isDocument($setOnInsert) && isDocument($set) ? { ...$setOnInsert, ...$set } : $set)
    id = assigned.id ?? id
    document = transform(base, { ...operators, $set: assigned.set ?? {} }, how)
  }
  const stored = collection.insert(copyOf({ _id: id ?? document._id ?? new ObjectId(), ...document }))
  return { matched: 0, modified: 0, after: stored, upsertedId: stored._id }
}

/** `{ a: 1, b: { $eq: 2 }, $and: [...] }` → the fields those say are equal to something. */
function equalities(filter: Document): Document {
  const found: Document = {}
  for (const [path, value] of Object.entries(filter)) {
    if (path === '$and' && Array.isArray(value))
      for (const part of value.filter(isDocument)) Object.assign(found, equalities(part))
    else if (path.startsWith('$') || value instanceof RegExp) continue
    else if (!isDocument(value) || !isOperators(value)) found[path] = value
    else if (Object.hasOwn(value, '$eq')) found[path] = value.$eq
  }
  return found
}

function keepingId(document: Document, next: Document): Document {
  if (next._id !== undefined && keyOf(next._id) !== keyOf(document._id)) {
    throw new CommandError('ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'")
  }
  const { _id, ...fields } = next
  return { _id: document._id, ...fields }
}

function withoutId(fields: unknown): { set?: Document; id?: unknown } {
  if (!isDocument(fields)) return fields === undefined ? {} : refuse()
  const { _id, ...set } = fields
  return _id === undefined ? { set } : { set, id: _id }
}

function refuse(): never {
  throw new CommandError('FailedToParse', 'an update operator takes a document of fields')
}

export function isReplacement(update: Document | Document[]): boolean {
  return !Array.isArray(update) && !isOperators(update)
}

function isOperators(value: Document): boolean {
  return Object.keys(value)[0]?.startsWith('$') === true
}

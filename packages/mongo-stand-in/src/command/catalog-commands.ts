import { CommandError } from '../command-error.js'
import type { Collection } from '../data/collection.js'
import { select } from '../data/query-engine.js'
import type { IndexSpec } from '../data/unique-index.js'
import type { Document } from '../document.js'
import type { Command, CommandContext } from './command.js'
import { field } from './command-field.js'

const create: Command = (command, { store, database }) => {
  const name = field.collection(command, 'create')
  if (store.find(database, name)) throw new CommandError('NamespaceExists', `Collection ${database}.${name} already exists.`)
  store.open(database, name)
  return { ok: 1 }
}

const drop: Command = (command, { store, database }) => {
  const name = field.collection(command, 'drop')
  if (!store.drop(database, name)) throw new CommandError('NamespaceNotFound', 'ns not found')
  return { ns: `${database}.${name}`, ok: 1 }
}

const dropDatabase: Command = (_command, { store, database }) => {
  for (const { name } of store.collectionsOf(database)) store.drop(database, name)
  return { dropped: database, ok: 1 }
}

const listCollections: Command = (command, { store, cursors, database }) => {
  const listed = store.collectionsOf(database).map(({ name }) => ({
    name,
    type: 'collection',
    ...(command.nameOnly === true ? {} : { options: {}, info: { readOnly: false } }),
  }))
  return cursors.first(`${database}.$cmd.listCollections`, select(listed, { filter: field.document(command, 'filter') }))
}

const listDatabases: Command = (_command, { store }) => {
  const databases = store.databases().map((name) => ({ name, sizeOnDisk: 0, empty: false }))
  return { databases, totalSize: 0, ok: 1 }
}

const createIndexes: Command = (command, { store, database }) => {
  const collection = store.open(database, field.collection(command, 'createIndexes'))
  const numIndexesBefore = collection.indexes.length
  for (const spec of field.documents(command, 'indexes')) collection.createIndex(indexOf(spec))
  return { numIndexesBefore, numIndexesAfter: collection.indexes.length, ok: 1 }
}

const listIndexes: Command = (command, context) => {
  const { name, namespace, indexes } = existing(context, field.collection(command, 'listIndexes'))
  const listed = indexes.map(({ name, key, unique, sparse }) => ({
    v: 2,
    key,
    name,
    ...(unique && name !== '_id_' ? { unique } : {}),
    ...(sparse ? { sparse } : {}),
  }))
  return context.cursors.first(namespace.replace(name, `$cmd.listIndexes.${name}`), listed)
}

const dropIndexes: Command = (command, context) => {
  const collection = existing(context, field.collection(command, 'dropIndexes'))
  const nIndexesWas = collection.indexes.length
  const names =
    command.index === '*' ? collection.indexes.map(({ name }) => name).filter((name) => name !== '_id_') : [command.index]
  for (const name of names) collection.dropIndex(String(name))
  return { nIndexesWas, ok: 1 }
}

export const catalogCommands: Readonly<Record<string, Command>> = {
  create,
  drop,
  dropDatabase,
  listCollections,
  listDatabases,
  createIndexes,
  listIndexes,
  dropIndexes,
}

function existing({ store, database }: CommandContext, name: string): Collection {
  const collection = store.find(database, name)
  if (!collection) throw new CommandError('NamespaceNotFound', `ns does not exist: ${database}.${name}`)
  return collection
}

function indexOf(spec: Document): IndexSpec {
  return {
    name: field.string(spec, 'name'),
    key: field.document(spec, 'key'),
    unique: spec.unique === true,
    sparse: spec.sparse === true,
  }
}

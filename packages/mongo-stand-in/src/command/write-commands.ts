import { CommandError } from '../command-error.js'
import type { Collection } from '../data/collection.js'
import { type Selection, select } from '../data/query-engine.js'
import { isReplacement, runUpdate } from '../data/update-statement.js'
import { type Document, isDocument } from '../document.js'
import type { Command, CommandContext } from './command.js'
import { field } from './command-field.js'

const insert: Command = (command, context) => {
  const collection = collectionOf(context, field.collection(command, 'insert'))
  let n = 0
  const writeErrors = eachStatement(command, 'documents', (document) => {
    collection.insert(document)
    n += 1
  })
  return { n, ...writeErrors, ok: 1 }
}

const update: Command = (command, context) => {
  const collection = collectionOf(context, field.collection(command, 'update'))
  const upserted: Document[] = []
  let n = 0
  let nModified = 0
  const writeErrors = eachStatement(command, 'updates', (statement, index) => {
    const change = changeOf(statement, 'u')
    if (statement.multi === true && isReplacement(change)) {
      throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update')
    }
    const outcome = runUpdate(collection, {
      selection: selectionOf(command, statement, statement.multi === true ? 0 : 1),
      update: change,
      upsert: statement.upsert === true,
      ...arrayFiltersOf(statement),
    })
    const inserted = outcome.upsertedId !== undefined
    if (inserted) upserted.push({ index, _id: outcome.upsertedId })
    n += inserted ? 1 : outcome.matched
    nModified += outcome.modified
  })
  return { n, nModified, ...(upserted.length > 0 ? { upserted } : {}), ...writeErrors, ok: 1 }
}

const remove: Command = (command, context) => {
  const collection = collectionOf(context, field.collection(command, 'delete'))
  let n = 0
  const writeErrors = eachStatement(command, 'deletes', (statement) => {
    const found = select(collection.documents, selectionOf(command, statement, field.number(statement, 'limit', 0)))
    for (const document of found) collection.remove(document)
    n += found.length
  })
  return { n, ...writeErrors, ok: 1 }
}

const findAndModify: Command = (command, context) => {
  const name = command.findAndModify === undefined ? 'findandmodify' : 'findAndModify'
  const collection = collectionOf(context, field.collection(command, name))
  const selection: Selection = {
    filter: field.document(command, 'query'),
    sort: field.document(command, 'sort'),
    limit: 1,
    collation: command.collation,
    variables: command.let,
  }
  const projected = (document: Document | undefined) =>
    document ? select([document], { filter: {}, projection: field.document(command, 'fields') })[0] : null

  if (command.remove === true) {
    const [found] = select(collection.documents, selection)
    if (found) collection.remove(found)
    return { lastErrorObject: { n: found ? 1 : 0 }, value: projected(found), ok: 1 }
  }
  const outcome = runUpdate(collection, {
    selection,
    update: changeOf(command, 'update'),
    upsert: command.upsert === true,
    ...arrayFiltersOf(command),
  })
  const inserted = outcome.upsertedId !== undefined
  return {
    lastErrorObject: {
      n: inserted ? 1 : outcome.matched,
      updatedExisting: outcome.matched > 0,
      ...(inserted ? { upserted: outcome.upsertedId } : {}),
    },
    value: projected(command.new === true ? outcome.after : outcome.before),
    ok: 1,
  }
}

export const writeCommands: Readonly<Record<string, Command>> = {
  insert,
  update,
  delete: remove,
  findAndModify,
  findandmodify: findAndModify,
}

function collectionOf({ store, database }: CommandContext, name: string): Collection {
  return store.open(database, name)
}

/** Runs the statements one by one; an ordered batch ends at its first error, an unordered one collects them. */
function eachStatement(command: Document, name: string, run: (statement: Document, index: number) => void): Document {
  const writeErrors: Document[] = []
  for (const [index, statement] of field.documents(command, name).entries()) {
    try {
      run(statement, index)
    } catch (error) {
      writeErrors.push(CommandError.from(error).toWriteError(index))
      if (command.ordered !== false) break
    }
  }
  return writeErrors.length > 0 ? { writeErrors } : {}
}

function selectionOf(command: Document, statement: Document, limit: number): Selection {
  return {
    filter: field.document(statement, 'q'),
    sort: field.document(statement, 'sort'),
    limit,
    collation: statement.collation,
    variables: command.let,
  }
}

function changeOf(statement: Document, name: string): Document | Document[] {
  const change = statement[name]
  if (isDocument(change)) return change
  return field.documents(statement, name)
}

function arrayFiltersOf(statement: Document): { arrayFilters?: Document[] } {
  return statement.arrayFilters === undefined ? {} : { arrayFilters: field.documents(statement, 'arrayFilters') }
}

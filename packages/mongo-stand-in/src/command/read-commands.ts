import { CommandError } from '../command-error.js'
import { aggregate as runPipeline, type Selection, select } from '../data/query-engine.js'
import { type Document, isDocument, keyOf, valuesAt } from '../document.js'
import type { Command, CommandContext } from './command.js'
import { field } from './command-field.js'

const find: Command = (command, context) => {
  const name = field.collection(command, 'find')
  const documents = select(documentsOf(context, name), {
    ...selectionOf(command, 'filter'),
    projection: field.document(command, 'projection'),
  })
  return context.cursors.first(`${context.database}.${name}`, documents, {
    ...(command.batchSize === undefined ? {} : { batchSize: field.number(command, 'batchSize', 0) }),
    singleBatch: command.singleBatch === true,
  })
}

const aggregate: Command = (command, context) => {
  const wholeDatabase = command.aggregate === 1
  const name = wholeDatabase ? '$cmd.aggregate' : field.collection(command, 'aggregate')
  const pipeline = field.documents(command, 'pipeline')
  for (const stage of pipeline) refuseUnsupported(stage)
  if (!isDocument(command.cursor)) throw new CommandError('FailedToParse', "The 'cursor' option is required")

  const documents = runPipeline(wholeDatabase ? [] : documentsOf(context, name), pipeline, {
    collation: command.collation,
    variables: command.let,
    resolve: (other) => documentsOf(context, other),
  })
  const { batchSize } = command.cursor
  return context.cursors.first(`${context.database}.${name}`, documents, typeof batchSize === 'number' ? { batchSize } : {})
}

const count: Command = (command, context) => {
  const documents = documentsOf(context, field.collection(command, 'count'))
  return { n: select(documents, selectionOf(command, 'query')).length, ok: 1 }
}

const distinct: Command = (command, context) => {
  const documents = documentsOf(context, field.collection(command, 'distinct'))
  const path = field.string(command, 'key')
  const found = select(documents, selectionOf(command, 'query')).flatMap((document) => valuesAt(document, path))
  return { values: [...new Map(found.map((value) => [keyOf(value), value])).values()], ok: 1 }
}

const getMore: Command = (command, { cursors, database }) => {
  const namespace = `${database}.${field.string(command, 'collection')}`
  return cursors.next(field.number(command, 'getMore', 0), namespace, field.number(command, 'batchSize', 0))
}

const killCursors: Command = (command, { cursors }) => {
  const ids = Array.isArray(command.cursors) ? command.cursors : []
  const cursorsKilled = ids.filter((id) => cursors.kill(Number(id)))
  const cursorsNotFound = ids.filter((id) => !cursorsKilled.includes(id))
  return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 }
}

export const readCommands: Readonly<Record<string, Command>> = { find, aggregate, count, distinct, getMore, killCursors }

function documentsOf({ store, database }: CommandContext, name: string): Document[] {
  return store.find(database, name)?.documents ?? []
}

function selectionOf(command: Document, filterField: string): Selection {
  return {
    filter: field.document(command, filterField),
    sort: field.document(command, 'sort'),
    skip: field.number(command, 'skip', 0),
    limit: field.number(command, 'limit', 0),
    collation: command.collation,
    variables: command.let,
  }
}

function refuseUnsupported(stage: Document): void {
  if ('$changeStream' in stage) {
    throw new CommandError('Location40573', 'The $changeStream stage is only supported on replica sets')
  }
  if ('$out' in stage || '$merge' in stage) throw new CommandError('BadValue', 'the stand-in does not write from a pipeline')
}

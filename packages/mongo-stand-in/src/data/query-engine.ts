import { find, ProcessingMode, aggregate as runPipeline, updateOne } from 'mingo'
import type { CollationSpec, Options } from 'mingo/types'
import { CommandError } from '../command-error.js'
import { copyOf, type Document, isDocument } from '../document.js'

/** The part of a command (or of one statement of it) that says which documents, and how to compare. */
export interface Selection {
  readonly filter: Document
  readonly sort?: Document
  readonly skip?: number
  readonly limit?: number
  readonly projection?: Document
  readonly collation?: unknown
  readonly variables?: unknown
}

/** The one door to mingo: what it throws becomes an error the driver understands. */
export function select(documents: Document[], selection: Selection): Document[] {
  const { filter, sort, skip = 0, limit = 0, projection = {} } = selection
  return evaluate(() => {
    const cursor = find<Document>(documents, filter, projection, optionsOf(selection)).skip(skip)
    if (sort && Object.keys(sort).length > 0) cursor.sort(sort)
    if (limit > 0) cursor.limit(limit)
    return cursor.all()
  })
}

export function aggregate(documents: Document[], pipeline: Document[], options: AggregateOptions): Document[] {
  return evaluate(() =>
    runPipeline(documents, pipeline, {
      ...optionsOf(options),
      // Stages write into nested fields of what they are given.
      processingMode: ProcessingMode.CLONE_INPUT,
      collectionResolver: (name) => options.resolve(name).map(copyOf),
    }),
  )
}

export interface AggregateOptions extends Pick<Selection, 'collation' | 'variables'> {
  /** The other collections of the database, for $lookup and its like. */
  readonly resolve: (name: string) => Document[]
}

/** A changed copy. `filter` is the one that found the document: the positional operator `$` refers to it. */
export function transform(
  document: Document,
  update: Document | Document[],
  how: Selection & { arrayFilters?: Document[] },
): Document {
  return evaluate(() => {
    const copy = copyOf(document)
    const holder = [copy] // mingo changes it in place, or puts another in its place
    const config = { cloneMode: 'deep' as const, ...(how.arrayFilters ? { arrayFilters: how.arrayFilters } : {}) }
    updateOne<Document>(holder, how.filter, update as Parameters<typeof updateOne<Document>>[2], config, optionsOf(how))
    return holder[0] ?? copy
  })
}

function optionsOf({ collation, variables }: Pick<Selection, 'collation' | 'variables'>): Partial<Options> {
  return {
    // Nothing a client sends is run as code.
    scriptEnabled: false,
    ...(isDocument(collation) && typeof collation.locale === 'string'
      ? { collation: { ...collation, locale: collation.locale } }
      : {}),
    ...(isDocument(variables) ? { variables } : {}),
  } satisfies Partial<Options> & { collation?: CollationSpec }
}

function evaluate<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new CommandError('BadValue', error instanceof Error ? error.message : String(error))
  }
}

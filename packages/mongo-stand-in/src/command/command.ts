import type { Cursors } from '../data/cursors.js'
import type { Store } from '../data/store.js'
import type { Document } from '../document.js'
import type { Topology } from './topology.js'

/** What a command works on. */
export interface CommandContext {
  readonly database: string
  readonly connectionId: number
  readonly store: Store
  readonly cursors: Cursors
  readonly topology: Topology
}

/** From a command document to its reply; a refusal is thrown as a CommandError. */
export type Command = (command: Document, context: CommandContext) => Document

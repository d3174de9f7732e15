import { CommandError } from '../command-error.js'
import { type Document, isDocument } from '../document.js'

/** Reads one field of a command with the type the command needs, or refuses the command. */
export const field = {
  string: (command: Document, name: string): string => {
    const value = command[name]
    if (typeof value !== 'string') throw mismatch(name, 'a string')
    return value
  },

  /** An absent collection name is a type mismatch, an empty one no namespace. */
  collection: (command: Document, name: string): string => {
    const value = field.string(command, name)
    if (value === '' || value.includes('\0')) throw new CommandError('InvalidNamespace', `'${value}' is not a collection name`)
    return value
  },

  number: (command: Document, name: string, fallback: number): number => {
    const value = command[name] ?? fallback
    if (typeof value !== 'number' || !(value >= 0)) throw mismatch(name, 'a number that is not negative')
    return value
  },

  document: (command: Document, name: string): Document => {
    const value = command[name] ?? {}
    if (!isDocument(value)) throw mismatch(name, 'a document')
    return value
  },

  documents: (command: Document, name: string): Document[] => {
    const value = command[name]
    if (!Array.isArray(value) || !value.every(isDocument)) throw mismatch(name, 'an array of documents')
    return value
  },
}

function mismatch(name: string, expected: string): CommandError {
  return new CommandError('TypeMismatch', `field '${name}' must be ${expected}`)
}

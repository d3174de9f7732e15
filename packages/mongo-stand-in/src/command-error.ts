import type { Document } from './document.js'

const CODES = {
  BadValue: 2,
  UnknownError: 8,
  FailedToParse: 9,
  TypeMismatch: 14,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  CursorNotFound: 43,
  NamespaceExists: 48,
  InvalidIdField: 53,
  CommandNotFound: 59,
  ImmutableField: 66,
  InvalidNamespace: 73,
  UnsupportedOpQueryCommand: 352,
  DuplicateKey: 11000,
  Location40573: 40573,
}

/** A refusal the driver understands: the numbers and names are those of the wire protocol's published error codes. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly code: number
  readonly codeName: keyof typeof CODES
  readonly details: Document

  constructor(codeName: keyof typeof CODES, message: string, details: Document = {}) {
    super(message)
    this.code = CODES[codeName]
    this.codeName = codeName
    this.details = details
  }

  static from(error: unknown): CommandError {
    if (error instanceof CommandError) return error
    return new CommandError('UnknownError', error instanceof Error ? error.message : String(error))
  }

  toReply(): Document {
    return { ok: 0, errmsg: this.message, code: this.code, codeName: this.codeName, ...this.details }
  }

  toWriteError(index: number): Document {
    return { index, code: this.code, errmsg: this.message, ...this.details }
  }
}

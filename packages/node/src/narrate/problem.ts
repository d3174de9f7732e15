import { KeelsonError } from '@keelson/kernel'

/** An error as plain JSON: what happened, and where there is one, what to do or where it came from. */
export interface Problem {
  readonly message: string
  readonly code?: string
  readonly resource?: string
  readonly remedy?: string
  /** The first line of the application in the stack. */
  readonly at?: string
  readonly stack?: string
}

/** Whatever was thrown: this is asked where an error of its own would end the process. */
export function problemOf(error: unknown): Problem {
  try {
    return describe(error)
  } catch {
    return { message: UNPRINTABLE }
  }
}

const UNPRINTABLE = 'a value that cannot be printed was thrown'

function describe(error: unknown): Problem {
  const root = rootOf(error)
  const message = messageOf(error, root)
  const { code, resource } = error instanceof KeelsonError ? error : { code: codeOf(root), resource: undefined }
  const remedy = REMEDIES[[root, ...sourcesOf(root)].map(codeOf).find((code) => code !== undefined) ?? '']
  const stack = root instanceof Error ? textIn(root, 'stack') : undefined
  const at = root instanceof KeelsonError ? undefined : ownFrame(stack)
  return {
    message,
    ...(code !== undefined && { code }),
    ...(resource !== undefined && { resource }),
    ...(remedy !== undefined && !message.includes(remedy) && { remedy }),
    ...(at !== undefined && remedy === undefined && { at }),
    ...(stack !== undefined && { stack }),
  }
}

/** For a row that begins with the name of the resource already. */
export function withoutName(message: string, resource: string): string {
  const prefix = `resource "${resource}" `
  return message.startsWith(prefix) ? message.slice(prefix.length) : message
}

/** What to do, or where to look. */
export function adviceOf({ remedy, at }: Problem): string | undefined {
  return remedy ?? (at === undefined ? undefined : `at ${at}`)
}

/** What an application threw, under the errors that the kernel wrapped it in. */
function rootOf(error: unknown): unknown {
  let root = error
  while (root instanceof KeelsonError && root.cause !== undefined) root = root.cause
  return root
}

function messageOf(error: unknown, root: unknown): string {
  const message = textOf(error)
  const sources = sourcesText(root, message)
  if (sources === '') return message
  // A connection that was tried on several addresses fails with an error that has no text of its own.
  return textOf(root) === '' ? message.replace(/AggregateError$|^$/, () => sources) : `${message}: ${sources}`
}

/** What an error came from, as far as `said` does not have it: of "fetch failed", for one, all that is worth knowing. */
function sourcesText(error: unknown, said: string, depth = 3): string {
  if (depth === 0) return ''
  const texts = sourcesOf(error).map((source) => {
    const code = codeOf(source)
    const own = textOf(source)
    const known = said.includes(own) || (code !== undefined && said.includes(code))
    const deeper = sourcesText(source, `${said} ${own}`, depth - 1)
    return [known ? '' : own, deeper].filter((text) => text !== '').join(': ')
  })
  return [...new Set(texts)].filter((text) => text !== '').join(', ')
}

function sourcesOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return []
  const several = error instanceof AggregateError && Array.isArray(error.errors) ? error.errors.slice(0, MOST) : []
  return error.cause === undefined ? several : [...several, error.cause]
}

const MOST = 5

function textOf(error: unknown): string {
  try {
    const message = textIn(error, 'message')
    return message ?? (error instanceof Error ? error.name : String(error))
  } catch {
    return UNPRINTABLE
  }
}

/** Errors may have been given anything for a message or a stack, and objects that are no errors are thrown, too. */
function textIn(error: unknown, key: 'message' | 'stack'): string | undefined {
  const text: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : undefined
  return typeof text === 'string' ? text : undefined
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/**
 * The first line of the application in a stack: none of Node, and none of a package where there is another. A stack that
 * `Error.prepareStackTrace` made may be anything.
 */
export function ownFrame(stack: unknown): string | undefined {
  const frames = (typeof stack === 'string' ? stack : '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node:'))
  const own = frames.find((line) => !line.includes('/node_modules/')) ?? frames[0]
  return own?.trim().slice('at '.length)
}

const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; start it, or correct the address',
  ECONNRESET: 'the other side closed the connection; look at its log',
  EHOSTUNREACH: 'the host cannot be reached; check the address and the network',
  ETIMEDOUT: 'nobody answered; check the address, the network and the firewall',
  ENOTFOUND: 'that host is not known; correct its name, or check the DNS',
  EAI_AGAIN: 'the DNS did not answer; check it, or correct the host name',
  EADDRINUSE: 'stop what listens there, or choose another port',
  ENOENT: 'create the file, or correct the path',
  EMFILE: 'too many files are open; close what is not needed, or raise the limit (ulimit -n)',
}

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

export function problemOf(error: unknown): Problem {
  const root = rootOf(error)
  const message = messageOf(error, root)
  const { code, resource } = error instanceof KeelsonError ? error : { code: codeOf(root), resource: undefined }
  const remedy = REMEDIES[codeOf(root) ?? '']
  const stack = root instanceof Error ? root.stack : undefined
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
  // A connection that was tried on several addresses fails with an error that has no text of its own.
  if (root instanceof AggregateError && root.message === '')
    return message.replace(/AggregateError$|^$/, root.errors.map(textOf).join(', '))
  return message
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'a value that cannot be printed was thrown'
  }
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** The first line of the application in a stack: none of Node, and none of a package where there is another. */
export function ownFrame(stack: string | undefined): string | undefined {
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('node:'))
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

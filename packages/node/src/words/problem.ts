import { KeelsonError } from '@keelson/kernel'
import { isA } from './foreign.js'
import { nearestFrames, ownFrames } from './frames.js'
import { remedyFor, sentenceOf } from './sentence.js'
import { shorten } from './shorten.js'
import { codeOf, rootOf, sourcesOf, stackOf, textOf, UNPRINTABLE } from './thrown.js'

/** An error as plain JSON, of at most 16 KiB: what happened, and where there is one, what to do or where it came from. */
export interface Problem {
  readonly message: string
  readonly code?: string
  readonly resource?: string
  readonly remedy?: string
  /** Where it came from: the lines of the application in its stack, the innermost first. */
  readonly stack?: readonly string[]
}

/** In bytes of JSON. */
const LARGEST = 16_384

/** More frames than this help nobody. */
const MOST_FRAMES = 10

/** In characters: of all that an error and its causes say, and of one frame or name. */
const LONGEST_MESSAGE = 8_192
const LONGEST_FRAME = 512

/** Whatever was thrown: an error in here would end the process. */
export function problemOf(error: unknown): Problem {
  try {
    const problem = describe(error)
    return Buffer.byteLength(JSON.stringify(problem)) <= LARGEST ? problem : brief(problem)
  } catch {
    return { message: UNPRINTABLE }
  }
}

/** Of what is escaped, or not ASCII, a character takes up to six bytes. */
function brief({ message, stack, ...others }: Problem): Problem {
  return { ...others, message: shorten(message, LARGEST / 16), ...(stack !== undefined && { stack: stack.slice(0, 1) }) }
}

function describe(error: unknown): Problem {
  const root = rootOf(error)
  const message = shorten(messageOf(error, root), LONGEST_MESSAGE)
  const { code, resource } = isA(error, KeelsonError) ? error : { code: codeOf(root), resource: undefined }
  const remedy = remedyFor(
    error,
    [root, ...sourcesOf(root)].map(codeOf).find((code) => code !== undefined),
  )
  const stack = isA(root, Error)
    ? framesOf(root)
        .slice(0, MOST_FRAMES)
        .map((frame) => shorten(frame, LONGEST_FRAME))
    : []
  return {
    message,
    ...(code !== undefined && { code }),
    ...(typeof resource === 'string' && { resource: shorten(resource, LONGEST_FRAME) }),
    ...(remedy !== undefined && !message.includes(firstPart(remedy)) && { remedy }),
    ...(stack.length > 0 && { stack }),
  }
}

/** Of two ways out, the other is often a better one for the case at hand: `choose another path`. */
function firstPart(remedy: string): string {
  return remedy.split(/[,;]/, 1)[0]!
}

/** An error that this library made, such as a timeout, comes from no other package either. */
function framesOf(root: Error): string[] {
  const stack = stackOf(root)
  return isA(root, KeelsonError) ? ownFrames(stack) : nearestFrames(stack)
}

/** For a row that begins with the name of the resource already. */
export function withoutName(message: string, resource: string): string {
  const prefix = `resource "${resource}" `
  return message.startsWith(prefix) ? message.slice(prefix.length) : message
}

/** What to do, or where to look. */
export function adviceOf({ remedy, stack }: Problem): string | undefined {
  return remedy ?? (stack?.[0] === undefined ? undefined : `at ${stack[0]}`)
}

function messageOf(error: unknown, root: unknown): string {
  const message = sentenceOf(error)
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

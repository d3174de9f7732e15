import { KeelsonError } from '@keelson/kernel'
import { duration } from './duration.js'
import { isA } from './foreign.js'
import { rootOf, textOf } from './thrown.js'

/** What an error says, in the words of a log line: durations as a reader wants them, and no remedy that `remedyFor()` replaces. */
export function sentenceOf(error: unknown): string {
  const text = textOf(error)
  if (!isA(error, KeelsonError)) return text
  if (isStartTimeout(error)) {
    const why = error.cause === undefined ? '' : `: its check fails: ${checkSaid(error.cause)}`
    return `resource "${error.resource}" did not start within ${duration(error.details.limit)}${stepsIn(error)}${why}`
  }
  return error.code === 'TIMEOUT' ? text.replace(MILLISECONDS, (_, ms) => duration(Number(ms))) : text
}

/** What to do about an error: by the code of what it came from, else by what the kernel knows of it. */
export function remedyFor(error: unknown, code: string | undefined): string | undefined {
  // Its own message has one, and its dependency, which has failed, is told by itself.
  if (isA(error, KeelsonError) && error.code === 'DEPENDENCY_FAILED') return undefined
  const remedy = code !== undefined && Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined
  if (remedy !== undefined || !isA(error, KeelsonError) || !isStartTimeout(error)) return remedy
  const { step } = error.details
  if (typeof step === 'string') return `let ${step} end sooner, call ctx.extend() or raise timeouts.start`
  return error.cause === undefined ? START_HAS_TO_RETURN : 'mend what its check says, or raise timeouts.start'
}

/** What a check said when it failed, for a sentence that says already whose check it is. */
export function checkSaid(error: unknown): string {
  const root = rootOf(error)
  if (!isA(root, KeelsonError)) return textOf(root)
  return sentenceOf(root)
    .replace(/^resource "[^"]*" /, '')
    .replace(/^(?:failed its check|is unhealthy): /, '')
    .replace(/^did not finish its check within/, 'it did not end within')
}

/** The parts of a start that were going on when its time was up. */
function stepsIn({ details: { path } }: KeelsonError): string {
  if (!Array.isArray(path)) return ''
  return `, in its step${path.length === 1 ? '' : 's'} ${path.join(', ')}`
}

const START_HAS_TO_RETURN =
  'start has to return: a loop is a task; if it only takes longer, call ctx.extend() or raise timeouts.start'

const MILLISECONDS = /\b(\d+(?:\.\d+)?) ms\b/g

type StartTimeout = KeelsonError & { readonly details: { readonly limit: number } }

function isStartTimeout(error: KeelsonError): error is StartTimeout {
  return error.code === 'TIMEOUT' && error.phase === 'start' && typeof error.details.limit === 'number'
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

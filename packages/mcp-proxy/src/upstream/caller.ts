import {
  type ClientCapabilities,
  ErrorCode,
  type Notification,
  type Progress,
  type Result,
} from '@modelcontextprotocol/sdk/types.js'
import { CallError } from '../call-error.js'

/** What a server asks of a client. */
export interface Question {
  readonly method: string
  readonly params?: Record<string, unknown> | undefined
}

/** A client of the proxy, as one that servers may ask. */
export interface Caller {
  /** The same for all calls of one client. */
  readonly client: object
  readonly capabilities: ClientCapabilities
  /** `onprogress` hears how far it has come, where the server wants to know. */
  ask(question: Question, signal: AbortSignal, onprogress?: (progress: Progress) => void): Promise<Result>
  /** Tells it; never fails. */
  tell(notification: Notification): void
}

/** Who asks, as one that is told how far the answer has come. */
export interface Asker {
  readonly signal: AbortSignal
  progressed(progress: Progress & { progressToken: string | number }): void
}

/** What a client has to be able to do before it is asked. */
const NEEDS = { 'sampling/createMessage': 'sampling', 'elicitation/create': 'elicitation', 'roots/list': 'roots' } as const

/**
 * Puts a question of a server to the client whose call it works on. Where calls of several clients are in flight, nothing says which of
 * them is meant, and none is asked: it would see what is not for it.
 *
 * @param calls who is being served; @param idle the only client that there is, if it is only one; @param onAsked who it is.
 * @throws CallError when nobody can be asked.
 */
export async function asked(
  question: Question,
  calls: readonly Caller[],
  idle: Caller | undefined,
  { signal, progressed }: Asker,
  onAsked: (caller: Caller) => void = () => {},
): Promise<Result> {
  const need = NEEDS[question.method as keyof typeof NEEDS]
  if (need === undefined) throw new CallError(ErrorCode.MethodNotFound, 'Method not found')
  const clients = new Set(calls.map(({ client }) => client))
  const caller = clients.size > 1 ? undefined : (calls.at(-1) ?? idle)
  if (caller === undefined || caller.capabilities[need] === undefined) {
    if (need === 'roots') return { roots: [] }
    if (caller !== undefined) throw new CallError(ErrorCode.MethodNotFound, `the client does not support ${need}`)
    const why = clients.size > 1 ? 'calls of several clients are in flight' : 'no call is in flight'
    throw new CallError(ErrorCode.InvalidRequest, `it is not known which client to ask: ${why}`)
  }
  const { progressToken, ..._meta } = (question.params?._meta ?? {}) as Record<string, unknown>
  onAsked(caller)
  const token = progressToken as string | number | undefined
  const onprogress = token === undefined ? undefined : (progress: Progress) => progressed({ ...progress, progressToken: token })
  return caller.ask({ method: question.method, params: { ...question.params, _meta } }, signal, onprogress)
}

import type { Result } from '@modelcontextprotocol/sdk/types.js'
import { isObject } from '../config/checks.js'
import type { Caller, Question } from './caller.js'

/** How many are remembered; a server need not say that one is complete, so the oldest is forgotten for a new one. */
const MOST = 1_000

/** The code of an error that says: send the user to these URLs, and call again. */
const URL_ELICITATION_REQUIRED = -32_042

/** The elicitations of a server that its clients' users complete at a URL, and whose they are. */
export class UrlElicitations {
  readonly #callers = new Map<string, Caller>()

  /** A client is asked something. */
  asked({ method, params }: Question, caller: Caller): void {
    if (method === 'elicitation/create' && params?.mode === 'url') this.#remember(params.elicitationId, caller)
  }

  /** A call was answered with an error: it may be one that asks for elicitations. */
  refused(error: { code?: unknown; data?: unknown }, caller: Caller): void {
    if (error.code !== URL_ELICITATION_REQUIRED || !isObject(error.data)) return
    const { elicitations } = error.data
    if (!Array.isArray(elicitations)) return
    for (const each of elicitations.slice(0, MOST)) if (isObject(each)) this.#remember(each.elicitationId, caller)
  }

  /** One is complete: whoever it was of is told, and nobody else. */
  completed(params: Result): void {
    const id = String(params.elicitationId)
    this.#callers.get(id)?.tell({ method: 'notifications/elicitation/complete', params })
    this.#callers.delete(id)
  }

  #remember(id: unknown, caller: Caller): void {
    if (typeof id !== 'string' || id.length > 1_024) return
    this.#callers.delete(id)
    this.#callers.set(id, caller)
    if (this.#callers.size > MOST) this.#callers.delete(this.#callers.keys().next().value as string)
  }
}

import { ErrorCode } from '@modelcontextprotocol/sdk/types.js'

/** What `data` of an error says, for clients that look: which server it is about, and why in one word. */
export interface CallErrorData {
  readonly server: string
  readonly reason: 'unavailable' | 'lost' | 'limited' | 'late' | 'stopping'
  /** Milliseconds until another try makes sense, where that is known. */
  readonly retryAfter?: number
}

/** An error that the client gets as it stands. `McpError` would put its own words before the text, once more at every hop. */
export class CallError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** JSON-RPC leaves -32000 to -32099 to servers; these are not among those that the SDK uses itself. */
const CODES: Readonly<Record<CallErrorData['reason'], number>> = {
  unavailable: -32010,
  lost: -32011,
  limited: -32012,
  stopping: -32013,
  late: -32014,
}

export function unknownTool(name: string): CallError {
  return new CallError(ErrorCode.InvalidParams, `there is no tool "${name}"; ask for the list of tools again`)
}

/** The code is the one that MCP has for it. */
export function unknownResource(uri: string): CallError {
  return new CallError(-32002, `there is no resource "${uri}"; ask for the list of resources again`, { uri })
}

export function unknownPrompt(name: string): CallError {
  return new CallError(ErrorCode.InvalidParams, `there is no prompt "${name}"; ask for the list of prompts again`)
}

export function unavailable(server: string, why: string): CallError {
  return failed('unavailable', server, `does not run (${why}); it is being brought back, try again in a moment`)
}

export function lost(server: string, why: string): CallError {
  return failed('lost', server, `was lost during this call (${why}); whether the call had an effect is not known`)
}

export function limited(server: string, calls: number, window: number, retryAfter: number): CallError {
  const text = `takes ${calls} calls in ${window} ms; try again in ${Math.ceil(retryAfter)} ms`
  return failed('limited', server, text, { retryAfter: Math.ceil(retryAfter) })
}

export function crowded(server: string, most: number): CallError {
  const text = `has sessions with ${most} clients, its maxSessions; try again when one of them has gone`
  return failed('limited', server, text)
}

export function late(server: string, ms: number): CallError {
  return failed('late', server, `did not answer within ${ms} ms, its timeouts.call; whether the call had an effect is not known`)
}

export function stopping(server: string): CallError {
  return failed('stopping', server, 'takes no new calls: the proxy is shutting down')
}

/** What a server answered, without the words that the SDK put before it. */
export function answered({ code, message, data }: { code: number; message: string; data?: unknown }): CallError {
  return new CallError(code, message.replace(`MCP error ${code}: `, ''), data)
}

function failed(reason: CallErrorData['reason'], server: string, text: string, more: Partial<CallErrorData> = {}): CallError {
  return new CallError(CODES[reason], `server "${server}" ${text}`, { server, reason, ...more } satisfies CallErrorData)
}

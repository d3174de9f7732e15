import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { ResumeLimits } from '../config/resume-limits.js'

/** One thing that a client was told, or was to be told. */
export interface KeptEvent {
  readonly id: string
  /** Its place in its stream. */
  readonly place: number
  readonly message: JSONRPCMessage
  readonly bytes: number
  /** By the monotonic clock, in ms. */
  readonly at: number
  /** It is kept no longer. */
  drop(): void
}

/** Where events are counted that are kept. */
export interface Kept {
  readonly limits: ResumeLimits
  add(event: KeptEvent): void
  remove(event: KeptEvent): void
}

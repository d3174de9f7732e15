import type { WorkInFlight } from '@keelson/kernel'
import type { IoSocket } from './io-like.js'
import { now } from './time.js'

/** An event that is being handled: until its handlers have settled, and its acknowledgement is sent where its client waits for one. */
export class Work {
  readonly label: string
  readonly socket: IoSocket
  readonly since: number = now()
  handlers = 0
  unacknowledged = false

  constructor(label: string, socket: IoSocket) {
    this.label = label
    this.socket = socket
  }

  get over(): boolean {
    return this.handlers === 0 && !(this.unacknowledged && this.socket.connected)
  }

  /** It may never be over: only an acknowledgement is left, or its handlers wait for one of the client. */
  get mayNeverEnd(): boolean {
    return this.handlers === 0 || this.socket.acks.size > 0
  }

  describe(at: number): WorkInFlight {
    const { label, since } = this
    const hint = this.#hint()
    return hint === undefined ? { label, sinceMs: at - since } : { label, sinceMs: at - since, hint }
  }

  #hint(): string | undefined {
    if (this.handlers === 0) return 'nobody has called its acknowledgement'
    if (this.socket.acks.size > 0) return 'its client has not acknowledged: emit with timeout()'
    return this.socket.connected ? undefined : 'its client has left'
  }
}

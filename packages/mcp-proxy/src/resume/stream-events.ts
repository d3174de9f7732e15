import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { Kept, KeptEvent } from './kept-event.js'

export interface StreamEventsOptions {
  /** As the SDK calls it. */
  readonly streamId: string
  /** As the ids of its events begin. */
  readonly number: string
  /** It belongs to no request, and is never over. */
  readonly isStanding: boolean
  readonly kept: Kept
}

/** What was told in one stream, oldest first. */
export class StreamEvents {
  readonly streamId: string
  readonly number: string
  readonly isStanding: boolean
  readonly #kept: Kept
  readonly #events = new Set<KeptEvent>()
  #bytes = 0
  #place = 0
  #isAnswered = false

  constructor({ streamId, number, isStanding, kept }: StreamEventsOptions) {
    this.streamId = streamId
    this.number = number
    this.isStanding = isStanding
    this.#kept = kept
  }

  /** Whether the answer has been told that it is for. */
  get isOver(): boolean {
    return this.#isAnswered && !this.isStanding
  }

  /** Whether it is over, and nothing of it is kept any more. */
  get isForgotten(): boolean {
    return this.isOver && this.#events.size === 0
  }

  add(told: JSONRPCMessage): string {
    const place = ++this.#place
    const id = `${this.number}-${place.toString(36)}`
    const { streamBytes, streamEvents } = this.#kept.limits
    let message = told
    let bytes = sizeOf(message)
    if (bytes > streamBytes) {
      message = inItsPlace(told)
      bytes = sizeOf(message)
    }
    const event: KeptEvent = { id, place, message, bytes, at: performance.now(), drop: () => this.#drop(event) }
    this.#events.add(event)
    this.#bytes += bytes
    this.#kept.add(event)
    while (this.#events.size > streamEvents || (this.#bytes > streamBytes && this.#events.size > 1)) {
      const [oldest] = this.#events
      this.#kept.remove(oldest!)
      this.#drop(oldest!)
    }
    if (isAnswer(message)) this.#isAnswered = true
    return id
  }

  /** Everything that is kept of what was told after this event. */
  after(eventId: string): readonly KeptEvent[] {
    const place = Number.parseInt(eventId.slice(this.number.length + 1), 36)
    return [...this.#events].filter((event) => event.place > place && isMessage(event.message))
  }

  clear(): void {
    for (const event of this.#events) this.#kept.remove(event)
    this.#events.clear()
    this.#bytes = 0
  }

  #drop(event: KeptEvent): void {
    if (this.#events.delete(event)) this.#bytes -= event.bytes
  }
}

/** The SDK begins a stream with one that is none, so that its client has an id. */
function isMessage(message: JSONRPCMessage): boolean {
  return 'jsonrpc' in message
}

function isAnswer(message: JSONRPCMessage): boolean {
  return isMessage(message) && !('method' in message)
}

function sizeOf(message: JSONRPCMessage): number {
  return Buffer.byteLength(JSON.stringify(message))
}

/** Of an answer that is too long to be kept, that it is; of anything else nothing. */
function inItsPlace(message: JSONRPCMessage): JSONRPCMessage {
  if (!isAnswer(message) || !('id' in message) || message.id === undefined) return {} as JSONRPCMessage
  const text = 'the answer was too long to be kept until the connection was back; whether the call had an effect is not known'
  return { jsonrpc: '2.0', id: message.id, error: { code: -32_000, message: text } }
}

import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { Kept } from './kept-event.js'
import { StreamEvents } from './stream-events.js'

/** The stream that belongs to no request, as the SDK calls it. */
const STANDING = '_GET_stream'

/** How many streams of one client are known; the oldest that is over is forgotten for a new one, or else the oldest. */
const MOST_STREAMS = 1_000

/** What is left of a stream for a client that has come back. */
export interface Missed {
  /** Whether all that belongs to it is there: nothing more will come. */
  readonly isOver: boolean
  /** Whether it belongs to no request. */
  readonly isStanding: boolean
  readonly events: readonly { readonly id: string; readonly message: JSONRPCMessage }[]
}

/**
 * What one client is told, by stream. An id of an event is `<stream>-<place>`: it means something in the session of this client alone,
 * and what is told again is of the same stream.
 */
export class SessionEvents implements EventStore {
  readonly #kept: Kept
  readonly #streams = new Map<string, StreamEvents>()
  readonly #byNumber = new Map<string, StreamEvents>()
  #number = 0

  constructor(kept: Kept) {
    this.#kept = kept
  }

  async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    return (this.#streams.get(streamId) ?? this.#begin(streamId)).add(message)
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const stream = this.#streamOf(lastEventId)
    if (stream === undefined) throw new Error('these events are not kept any more')
    for (const { id, message } of stream.after(lastEventId)) await send(id, message)
    return stream.streamId
  }

  /** What a client has missed whose last event was this one; undefined when its stream is not known, or not any more. */
  missed(lastEventId: string): Missed | undefined {
    const stream = this.#streamOf(lastEventId)
    return stream && { isOver: stream.isOver, isStanding: stream.isStanding, events: stream.after(lastEventId) }
  }

  /** The client has gone. */
  close(): void {
    for (const streamId of this.#streams.keys()) this.#forget(streamId)
  }

  #begin(streamId: string): StreamEvents {
    if (this.#streams.size >= MOST_STREAMS) this.#makeRoom()
    const number = (++this.#number).toString(36)
    const stream = new StreamEvents({ streamId, number, isStanding: streamId === STANDING, kept: this.#kept })
    this.#streams.set(streamId, stream)
    this.#byNumber.set(number, stream)
    return stream
  }

  #streamOf(eventId: string): StreamEvents | undefined {
    const [, number = ''] = /^([0-9a-z]+)-[0-9a-z]+$/.exec(eventId) ?? []
    const stream = this.#byNumber.get(number)
    // Of one that is over, and of which nothing is kept any more, nobody knows what was told.
    if (stream?.isForgotten) this.#forget(stream.streamId)
    return stream?.isForgotten ? undefined : stream
  }

  #makeRoom(): void {
    let chosen: string | undefined
    for (const [streamId, { isOver, isStanding }] of this.#streams) {
      if (isStanding) continue
      chosen ??= streamId
      if (isOver) {
        chosen = streamId
        break
      }
    }
    if (chosen !== undefined) this.#forget(chosen)
  }

  #forget(streamId: string): void {
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return
    this.#streams.delete(streamId)
    this.#byNumber.delete(stream.number)
    stream.clear()
  }
}

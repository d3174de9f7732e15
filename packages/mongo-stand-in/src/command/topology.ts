import { Long, ObjectId } from 'bson'
import type { Document } from '../document.js'

/** The longest setTimeout Node keeps; a driver asks for 10 s. */
const LONGEST_WAIT = 2 ** 31 - 1
/** Keeps a driver that asks for no wait at all from being streamed at as fast as the loop turns. */
const SHORTEST_WAIT = 10

/** What hello says of this server: a standalone that never changes role, and a new process after each restart. */
export class Topology {
  readonly #streaming: boolean
  #processId = new ObjectId()

  constructor(streaming: boolean) {
    this.#streaming = streaming
  }

  restarted(): void {
    this.#processId = new ObjectId()
  }

  hello(legacy: boolean, connectionId: number): Document {
    return {
      helloOk: true,
      [legacy ? 'ismaster' : 'isWritablePrimary']: true,
      // Drivers stream heartbeats from a server that has a topologyVersion and poll one that has none.
      ...(this.#streaming ? { topologyVersion: { processId: this.#processId, counter: Long.ZERO } } : {}),
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      localTime: new Date(),
      logicalSessionTimeoutMinutes: 30,
      connectionId,
      minWireVersion: 0,
      maxWireVersion: 21,
      readOnly: false,
      ok: 1,
    }
  }

  /** How long, in ms, an awaitable hello is held back: until its time is up, for this topology does not change. */
  awaitTime(hello: Document): number {
    const { maxAwaitTimeMS, topologyVersion } = hello
    if (topologyVersion === undefined || typeof maxAwaitTimeMS !== 'number') return 0
    return Math.min(Math.max(maxAwaitTimeMS, SHORTEST_WAIT), LONGEST_WAIT)
  }
}

const HELLO_NAMES: readonly string[] = ['hello', 'isMaster', 'ismaster']

export function isHello(commandName: string): boolean {
  return HELLO_NAMES.includes(commandName)
}

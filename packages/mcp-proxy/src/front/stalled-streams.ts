import type { ServerResponse } from 'node:http'

/** A client that has read nothing for so long, while something waits for it, has its stream broken off, in ms. */
const PATIENCE = 30_000

/** Streams of events: what a client does not read of its stream would wait for it in memory, without limit. */
export class StalledStreams {
  /** With what had been written at the last look, if something waited then. */
  readonly #streams = new Map<ServerResponse, number | undefined>()
  readonly #looking: NodeJS.Timeout

  constructor(patience = PATIENCE) {
    this.#looking = setInterval(() => this.#look(), patience).unref()
  }

  watch(res: ServerResponse): void {
    this.#streams.set(res, undefined)
    res.once('close', () => this.#streams.delete(res))
  }

  close(): void {
    clearInterval(this.#looking)
  }

  #look(): void {
    for (const [res, before] of this.#streams) {
      const sent = res.writableNeedDrain ? sentBy(res) : undefined
      if (sent !== undefined && sent === before) res.destroy()
      else this.#streams.set(res, sent)
    }
  }
}

/** Bytes that the system has taken of what was written; of one large write Node itself says so only at its end. */
function sentBy({ socket }: ServerResponse): number | undefined {
  const handle = (socket as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null } | null)?._handle
  return handle ? (handle.bytesWritten ?? 0) - (handle.writeQueueSize ?? 0) : undefined
}

import { type Goodbye, spreadGoodbyes } from '@keelson/node'
import type { Attachment } from './attachment.js'
import { GOODBYE, type GoodbyeOptions } from './goodbye-options.js'
import type { Conn, IoSocket } from './io-like.js'
import type { Ledger } from './ledger.js'
import { now, pause } from './time.js'
import { whenever } from './whenever.js'

export interface GoodbyePlan {
  readonly attachment: Attachment
  readonly ledger: Ledger
  /** The namespaces of a client. */
  readonly socketsOf: (conn: Conn) => Iterable<IoSocket>
  readonly options: GoodbyeOptions
  /** How long the drain may take, in ms. */
  readonly within: number
  /** Aborts when the drain is given up. */
  readonly signal: AbortSignal
}

export interface Goodbyes {
  readonly said: number
  /** Of clients that did not close their side in time. */
  readonly cut: number
}

/**
 * Says goodbye to every client, one after another, spread over a part of the drain. Each is told, what it has sent is handled and
 * acknowledged, and its connection is closed as a network does it, so that it reconnects: `socket.disconnect()` would tell it to stay away.
 */
export async function sayGoodbye(plan: GoodbyePlan): Promise<Goodbyes> {
  const { attachment, signal, within, options } = plan
  const { spread, retry = GOODBYE.retry } = options
  const told = new Set<Conn>()
  const late: Promise<void>[] = []

  function say(conn: Conn, goodbye: Goodbye): Promise<void> | false {
    if (told.has(conn) || conn.readyState !== 'open') return false
    told.add(conn)
    return sayOne(plan, conn, goodbye)
  }

  attachment.refuse()
  // Those whose handshake was under way.
  attachment.onClient((conn) => void late.push(spreadGoodbyes([conn], say, { retry })))
  await spreadGoodbyes(attachment.clients, say, { spread, within, retry, signal })
  await Promise.all(late)
  return { said: told.size, cut: await closed(plan) }
}

async function sayOne(plan: GoodbyePlan, conn: Conn, goodbye: Goodbye): Promise<void> {
  const { attachment, ledger, socketsOf, options, signal } = plan
  const { event = GOODBYE.event, timeout = GOODBYE.timeout } = options
  if (event !== false) for (const socket of socketsOf(conn)) socket.emit(event, goodbye)
  const isOpen = () => conn.readyState === 'open'
  const turn = now()
  // What it has sent is on its way to the handlers for a few turns of the event loop.
  await pause(0, signal)
  await whenever({
    met: () => !isOpen() || [...ledger.of(conn)].every((work) => work.mayNeverEnd && now() - turn > timeout),
    again: (look) => {
      const off = ledger.onSettled((of) => of === conn && look())
      conn.once('close', look)
      return off
    },
    every: 50,
    signal,
  })
  // A client that polls gets what there is for it with its next request, and the end with the one after that.
  await whenever({
    met: () => !isOpen() || (conn.transport.writable && conn.writeBuffer.length === 0 && !attachment.isPosting(conn)),
    again: (look) => {
      const { transport } = conn
      transport.on('ready', look)
      conn.once('close', look)
      return () => void transport.off('ready', look)
    },
    every: 50,
    within: timeout,
    signal,
  })
  if (isOpen()) conn.close(true)
}

/** Waits until the clients have closed their sides, and cuts off those that do not. */
async function closed({ attachment, options, signal }: GoodbyePlan): Promise<number> {
  const { timeout = GOODBYE.timeout } = options
  await whenever({ met: () => attachment.sockets.size === 0, every: 10, within: timeout, signal })
  const cut = attachment.sockets.size
  if (!signal.aborted) for (const socket of attachment.sockets) socket.destroy()
  return cut
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Kernel } from '@keelson/kernel'
import { probeHandler } from '../probe/probe-handler.js'
import type { ProbeOptions } from '../probe/probe-options.js'
import type { ListenContext } from './listen-on.js'
import { answerNotFound, openSmallServer, type SmallServer } from './small-server.js'

/**
 * A server for probes alone. It keeps little for anybody: 100 connections, of which the oldest are closed for new ones; 5 s for a request
 * and for the next one on its connection, 10 s in which nothing moves, 100 requests a connection, 8 KiB of request head. So it
 * answers a platform's probe also while strangers hold connections open, to it or to the application.
 */
export interface ProbeServerOptions extends ProbeOptions {
  port: number
  /** Default: every address, because the kubelet asks from outside. */
  host?: string
  /** How long it waits, in ms, while another process, its predecessor mostly, still holds the port. Default 0. Nothing starts before. */
  waitForPort?: number
}

export interface ProbeServer extends SmallServer {
  /** Of its readiness probe. */
  readonly probeUrl: string
}

/** What else is answered on it; false for what is not its own. */
export type AnswerBeside = (req: IncomingMessage, res: ServerResponse) => boolean

/** In bytes. Browsers send the cookies of every application that was ever on their `localhost`. */
const HEAD = 8 * 1_024
const HEAD_OF_BROWSERS = 32 * 1_024

/** A small server that answers probes and nothing else, so that they work before the application listens and until it is gone. */
export async function openProbeServer(
  kernel: Kernel,
  { port, host, waitForPort = 0, ...options }: ProbeServerOptions,
  ctx: ListenContext = {},
  beside?: AnswerBeside,
): Promise<ProbeServer> {
  const probe = probeHandler(kernel, options)
  const server = await openSmallServer(
    (req, res) => void (probe(req, res) || beside?.(req, res) || answerNotFound(res)),
    { port, host, waitForPort, maxHeaderSize: beside === undefined ? HEAD : HEAD_OF_BROWSERS },
    ctx,
  )
  return { ...server, probeUrl: `${server.url}${options.paths?.ready ?? '/readyz'}` }
}

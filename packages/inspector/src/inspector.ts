import { randomUUID } from 'node:crypto'
import type { Kernel } from '@keelson/kernel'
import { Board } from './collect/board.js'
import { Csrf } from './guard/csrf.js'
import { Gate } from './guard/gate.js'
import { type InspectorOptions, settingsOf } from './inspector-options.js'
import { Actions } from './serve/actions.js'
import { type FetchHandler, fetchHandler } from './serve/fetch-handler.js'
import { type NodeHandler, nodeHandler } from './serve/node-handler.js'
import { Site } from './serve/site.js'
import { Viewers } from './stream/viewers.js'
import { setTimeout } from './time.js'

/** A live page of a kernel, to be mounted in a server. Its methods work when they are taken off it. */
export interface Inspector {
  /** Where it is, when what it is mounted in leaves that in the URL; without a slash at the end. */
  readonly path: string
  /**
   * For `node:http` and what is made of it: answers a request and returns true, or returns false, having called `next` if there is one, when it is for
   * another path. Streams to pages end when the kernel begins to stop, so that they do not hold up the drain of the server that they are on.
   *
   * @example
   * app.use('/inspector', inspector(kernel).handler) // Express, NestJS
   */
  readonly handler: NodeHandler
  /**
   * For what speaks the web platform's `Request` and `Response`; `env` is what the server gives along, and who asks is found there.
   *
   * @example
   * app.all('/inspector/*', (c) => inspect.fetch(c.req.raw, c.env)) // Hono
   */
  readonly fetch: FetchHandler
  /**
   * As `handler`, for a server that outlives the kernel, such as that of the probes: streams go on until `close()`, and show how it stops.
   */
  readonly serveToEnd: NodeHandler
  /** Tells the last of it and ends every stream, within half a second; afterwards nobody may look any more. It holds nothing of the kernel then. */
  readonly close: () => Promise<void>
}

/** In ms: how long the last words may take to those who are slow. */
const LAST_WORDS = 400
const PAUSE = 10

/**
 * A live page of a kernel: its graph, timeline, checks, budget, events, and the panels of its resources. For this machine only, unless there is a `token`.
 * It listens to the kernel from now on and remembers what is said, within bounds; nothing else runs while nobody looks.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const inspect = inspector(kernel)
 * createServer((req, res) => inspect.handler(req, res) || app(req, res))
 */
export function inspector(kernel: Kernel, options: InspectorOptions = {}): Inspector {
  const settings = settingsOf(kernel, options)
  const { path, actions, viewers: most, grace } = settings
  const csrf = new Csrf()
  const board = new Board(kernel, { actions, csrf: actions ? csrf.text : undefined, grace }, randomUUID())
  const viewers = new Viewers(kernel, board, most)
  const site = new Site(new Gate(settings), csrf, viewers, actions ? new Actions(kernel, board) : undefined)
  return {
    path,
    handler: nodeHandler(site, viewers, path, true),
    serveToEnd: nodeHandler(site, viewers, path, false),
    fetch: fetchHandler(site, viewers, path),
    async close() {
      viewers.close()
      board.recorder.end()
      for (let left = LAST_WORDS; left > 0 && viewers.size > 0; left -= PAUSE) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
      viewers.destroy()
    },
  }
}

import type { Kernel } from '@keelson/kernel'
import type { Grace } from '../narrate/grace.js'
import type { AnswerBeside } from '../server/probe-server.js'
import { answerNotFound, openSmallServer, type SmallServer } from '../server/small-server.js'
import { type InspectorLike, isMade, type RunInspectorOptions } from './inspector-options.js'
import { loadInspector } from './load-inspector.js'

/** Where it is served when there are no probes. */
const PORT = 7_300
const HOST = '127.0.0.1'
/** In bytes: browsers send the cookies of every application that was ever on their `localhost`. */
const HEAD = 32 * 1_024

/** The inspector of a run: beside the probes, or on a server of its own. */
export class Inspection {
  readonly #inspector: InspectorLike
  readonly #port: number | undefined
  readonly #host: string | undefined
  #server: SmallServer | undefined

  private constructor(inspector: InspectorLike, port: number | undefined, host: string | undefined) {
    this.#inspector = inspector
    this.#port = port
    this.#host = host
  }

  /** Throws `INVALID_OPTION`. */
  static async make(
    kernel: Kernel,
    wanted: true | RunInspectorOptions | InspectorLike,
    grace: Grace | undefined,
  ): Promise<Inspection> {
    if (wanted !== true && isMade(wanted)) return new Inspection(wanted, undefined, undefined)
    const { port, host, ...options } = wanted === true ? {} : wanted
    const { inspector } = await loadInspector()
    const known = grace === undefined ? {} : { grace: { platform: grace.platform, ms: grace.ms } }
    return new Inspection(inspector(kernel, { ...known, ...options }), port, host)
  }

  /** What the server of the probes is to answer besides; undefined where it has a port of its own. */
  get beside(): AnswerBeside | undefined {
    return this.#port === undefined ? this.#answer : undefined
  }

  /** Where it is, and which port was taken; `probes` is the address of the server of the probes, if it is on that. */
  async open(probes: string | undefined): Promise<{ readonly url: string; readonly taken?: number }> {
    const { path } = this.#inspector
    if (probes !== undefined && this.#port === undefined) return { url: `${probes}${path}/` }
    const port = this.#port ?? PORT
    try {
      await this.#listen(port)
      return { url: `${this.#server!.url}${path}/` }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      await this.#listen(0)
      return { url: `${this.#server!.url}${path}/`, taken: port }
    }
  }

  /** Tells the last of it. */
  async close(): Promise<void> {
    await this.#inspector.close()
    await this.#server?.close()
  }

  async #listen(port: number): Promise<void> {
    this.#server = await openSmallServer((req, res) => void (this.#answer(req, res) || answerNotFound(res)), {
      port,
      host: this.#host ?? HOST,
      maxHeaderSize: HEAD,
    })
  }

  readonly #answer: AnswerBeside = (req, res) => this.#inspector.serveToEnd(req as never, res as never)
}

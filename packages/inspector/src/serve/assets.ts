import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { css, js } from 'virtual:inspector-page'
import type { Ask } from '../guard/ask.js'
import { type Reply, reply } from './reply.js'

const COMPRESS = { br: promisify<string, Buffer>(brotliCompress), gzip: promisify<string, Buffer>(gzip) }

/** A file that comes with the page: sent compressed, and once. */
class Asset {
  readonly #text: string
  readonly #type: string
  readonly #tag: string
  readonly #compressed = new Map<string, Promise<Buffer>>()

  constructor(text: string, type: string) {
    this.#text = text
    this.#type = type
    this.#tag = createHash('sha256').update(text).digest('base64url').slice(0, 22)
  }

  async reply(ask: Ask): Promise<Reply> {
    const encoding = encodingFor(ask.header('accept-encoding'))
    const etag = `"${this.#tag}${encoding === undefined ? '' : `-${encoding}`}"`
    const headers = { etag, vary: 'accept-encoding', 'cache-control': 'no-cache' }
    if (ask.header('if-none-match')?.includes(etag)) return reply(304, this.#type, '', headers)
    if (encoding === undefined) return reply(200, this.#type, this.#text, headers)
    return reply(200, this.#type, await this.#compress(encoding), { ...headers, 'content-encoding': encoding })
  }

  #compress(encoding: keyof typeof COMPRESS): Promise<Buffer> {
    let done = this.#compressed.get(encoding)
    if (done === undefined) {
      done = COMPRESS[encoding](this.#text)
      this.#compressed.set(encoding, done)
    }
    return done
  }
}

/** By their path. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ['/page.js', new Asset(js, 'text/javascript')],
  ['/page.css', new Asset(css, 'text/css')],
])

/** The smallest that who asks can read. */
function encodingFor(accepted = ''): keyof typeof COMPRESS | undefined {
  const can = (name: string) => new RegExp(`(?:^|[,\\s])${name}\\s*(?:$|,|;\\s*q=(?!0(?:\\.0*)?\\s*(?:,|$)))`, 'i').test(accepted)
  return can('br') ? 'br' : can('gzip') ? 'gzip' : undefined
}

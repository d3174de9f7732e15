// A drainable server of each protocol, and what every drain has to fulfil.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createH2c, createSecureServer } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { drainServer } from '@keelson/node'
import { arrivals } from './arrivals.mjs'

const pem = (name) => readFileSync(new URL(`../../packages/node/src/fixtures/localhost-${name}.pem`, import.meta.url))
const certificate = { key: pem('key'), cert: pem('cert') }

const create = {
  http: (listener) => createHttp(listener),
  https: (listener) => createHttps(certificate, listener),
  h2: (listener) => createSecureServer(certificate, listener),
  h2c: (listener) => createH2c(listener),
}

/** Far more than any drain needs: one that gets there waited for its timeout. */
const DEADLINE = 10_000

/** How late after the last work a drain may end: the quiet window (150 ms) and what a busy machine takes. */
const SLACK = 1_500

/** What a case works with. `allowed` is the time, in ms, that the drain may take by itself after the last work. */
export class Stage {
  #protocol
  #allowed
  #drainers = []
  #drains = []
  #lastWork = 0
  #drained = 0

  constructor(protocol, allowed = 0) {
    this.#protocol = protocol
    this.#allowed = allowed
  }

  get secure() {
    return this.#protocol === 'https' || this.#protocol === 'h2'
  }

  get multiplexed() {
    return this.#protocol === 'h2' || this.#protocol === 'h2c'
  }

  create(listener = (_req, res) => res.end('ok'), options = {}) {
    const { receive, responses, arrived } = arrivals(listener)
    const server = create[this.#protocol](receive)
    const drainer = drainServer(server, options)
    this.#drainers.push(drainer)
    const drain = (how) => {
      const drained = this.#drain(server, drainer, how)
      // A case that fails while it drains has its own error to tell.
      drained.catch(() => {})
      this.#drains.push(drained)
      return drained
    }
    /** The case answers a request itself; the work is done when it has answered the last one. */
    const answer = (body, nth = 0) => {
      this.workDone()
      responses[nth].end(body)
    }
    return { server, drainer, secure: this.secure, drain, responses, arrived, answer }
  }

  async serve(listener, options) {
    const created = this.create(listener, options)
    created.server.listen(0, options?.host ?? '127.0.0.1')
    await once(created.server, 'listening')
    const { port } = created.server.address()
    return { ...created, port, url: `${this.secure ? 'https' : 'http'}://127.0.0.1:${port}` }
  }

  /** The last request was answered, the last byte read: the drain is to end now. */
  workDone() {
    this.#lastWork = performance.now()
  }

  /** Plays a case until its drains are over. Gives how long after the last work that was, in ms; rejects when it was too late. */
  async play(it) {
    await it.run(this)
    assert.notEqual(this.#drains.length, 0, 'nothing was drained')
    await Promise.all(this.#drains)
    const after = Math.max(0, this.#drained - this.#lastWork)
    assert.ok(after < this.#allowed + SLACK, `the drain ended ${after.toFixed()} ms after the last work`)
    assert.ok(after >= this.#allowed - 20, `the drain ended ${after.toFixed()} ms after the last work: too early`)
    return Math.round(after)
  }

  async #drain(server, drainer, { deadline = DEADLINE, destroyed = 0 } = {}) {
    this.workDone()
    const timer = new AbortController()
    const handle = setTimeout(() => timer.abort(), deadline)
    await drainer.drain({ signal: timer.signal })
    this.#drained = performance.now()
    clearTimeout(handle)
    const { state, connections, requests, destroyed: cut } = drainer.stats()
    assert.deepEqual({ state, connections, requests, cut }, { state: 'drained', connections: 0, requests: 0, cut: destroyed })
    assert.equal(server.listening, false, 'it still listens')
    assert.equal(timer.signal.aborted, destroyed > 0, 'the deadline passed')
  }

  /** Whatever happened: nothing stays open. */
  end() {
    for (const drainer of this.#drainers) drainer.destroy()
  }
}

/** Reads a little every 10 ms, for `ms` milliseconds; then all that is left, at once. */
export async function readSlowly(stream, ms) {
  let slow = true
  stream.pause()
  const timer = setInterval(() => {
    stream.resume()
    setImmediate(() => slow && stream.pause())
  }, 10)
  await later(ms)
  slow = false
  clearInterval(timer)
  stream.resume()
}

export function later(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export async function when(condition) {
  while (!condition()) await later(2)
}

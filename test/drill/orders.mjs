// The client of a database, as a pool of one connection: `end()` refuses new queries, waits for those that run, and closes it.
import { once } from 'node:events'
import { connect } from 'node:net'

export class Orders {
  #socket
  #waiting = new Map()
  #ids = 0
  #ended = false

  async connect() {
    const [host, port] = process.env.UPSTREAM.split(':')
    this.#socket = connect(Number(port), host).setNoDelay().setEncoding('latin1')
    await once(this.#socket, 'connect')
    let text = ''
    this.#socket.on('data', (chunk) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop()
      for (const id of lines) this.#settle(id)
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      for (const id of this.#waiting.keys()) this.#settle(id, new Error('the connection was lost'))
    })
    return this
  }

  /** Takes so many ms of the database. */
  find(ms) {
    if (this.#ended || this.#socket.destroyed) return Promise.reject(new Error('there is no connection'))
    const id = String(++this.#ids)
    this.#socket.write(`${id} ${ms}\n`)
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  async end() {
    this.#ended = true
    while (this.#waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    this.#socket.destroy()
  }

  destroy() {
    this.#socket.destroy()
  }

  #settle(id, error) {
    const query = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) query?.resolve('found')
    else query?.reject(error)
  }
}

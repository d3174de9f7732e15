// Stands for the client of a database.
export class Pool {
  #open = false
  async connect() {
    this.#open = true
    return this
  }
  async query(sql: string, ms = 0): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, ms))
    if (!this.#open) throw new Error('cannot use a pool after calling end on it')
    return `rows of ${sql}`
  }
  async end() {
    this.#open = false
  }
}

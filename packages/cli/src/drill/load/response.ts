/** The longest head of a response. */
const HEAD = 64 * 1024

/** Reads one response of HTTP/1.1 from the bytes as they come; of a body it counts the bytes only. */
export class ResponseReader {
  status = 0
  /** Whether the server closes the connection after it. */
  close = false
  /** Whether all of it was read. */
  done = false
  /** Whether any of it has come. */
  begun = false
  #text = ''
  #read: (text: string) => string | undefined = (text) => this.#head(text)
  #left = 0
  #untilEnd = false

  /** Takes in what was received, as latin1. */
  push(text: string): void {
    this.begun = true
    let rest: string | undefined = this.#text + text
    while (rest !== undefined && !this.done) {
      this.#text = rest
      rest = this.#read(rest)
    }
  }

  /** The connection has ended in order: true when the response ends with it. */
  end(): boolean {
    this.done ||= this.#untilEnd
    return this.done
  }

  /** Each step returns what it left, or nothing when it needs more. */
  #head(text: string): string | undefined {
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) {
      if (text.length > HEAD) throw new Error('the head of the response is longer than 64 KiB')
      return undefined
    }
    const [first = '', ...lines] = text.slice(0, end).split('\r\n')
    const match = /^HTTP\/1\.([01]) (\d{3})/.exec(first)
    if (match === null) throw new Error('what answers is no HTTP/1')
    const fields = new Map(lines.map((line) => [line.split(':', 1)[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
    this.status = Number(match[2])
    const rest = text.slice(end + 4)
    if (this.status < 200) return rest
    const connection = fields.get('connection')?.toLowerCase() ?? ''
    this.close = connection.includes('close') || (match[1] === '0' && !connection.includes('keep-alive'))
    const length = fields.get('content-length')
    if (this.status === 204 || this.status === 304) this.done = true
    else if (fields.get('transfer-encoding')?.toLowerCase().includes('chunked')) this.#read = (text) => this.#chunk(text)
    else if (length !== undefined) this.#body(Number(length), () => this.#finish())
    else {
      this.#untilEnd = true
      this.close = true
      this.#read = () => this.#drop()
    }
    return rest
  }

  #chunk(text: string): string | undefined {
    const end = text.indexOf('\r\n')
    if (end < 0) return undefined
    const size = Number.parseInt(text.slice(0, end), 16)
    if (size > 0) {
      this.#body(size + 2, () => {
        this.#read = (text) => this.#chunk(text)
      })
    } else this.#read = (text) => this.#trailer(text)
    return text.slice(end + 2)
  }

  #trailer(text: string): string | undefined {
    const end = text.indexOf('\r\n')
    if (end < 0) return undefined
    if (end === 0) this.#finish()
    return text.slice(end + 2)
  }

  #body(size: number, then: () => void): void {
    this.#left = size
    if (size === 0) return then()
    this.#read = (text) => {
      const taken = Math.min(this.#left, text.length)
      this.#left -= taken
      if (this.#left === 0) then()
      else if (taken === text.length) return this.#drop()
      return text.slice(taken)
    }
  }

  #drop(): undefined {
    this.#text = ''
    return undefined
  }

  #finish(): void {
    this.done = true
  }
}

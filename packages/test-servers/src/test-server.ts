/** A real server on a free port of 127.0.0.1, with its data in a temporary folder. */
export interface TestServer {
  readonly port: number
  readonly url: string
  /** Ends it politely, for good: its process and its folder are gone. Idempotent. */
  stop(): Promise<void>
  /** SIGKILL: as a crash. Its port and its data stay, for `start()`. */
  kill(): Promise<void>
  /** SIGSTOP: it holds its connections and answers nothing. */
  pause(): void
  /** SIGCONT. */
  resume(): void
  /** Again after `kill()`, on the same port with the same data; resolves once it accepts connections. */
  start(): Promise<void>
}

import type { Hello, Update } from '../../protocol.js'
import { begin, fold, type PageState } from '../model/page-state.js'
import { reconnectDelay } from './backoff.js'

/** How the page stands with the process. */
export interface LinkView {
  /** Absent until the first word. */
  readonly page: PageState | undefined
  /** `ended`: what was heard last was the end of the process, and nothing answers any more. */
  readonly status: 'connecting' | 'live' | 'lost' | 'ended'
  /** Why the process does not let the page in, where it says so. */
  readonly refused: Refusal | undefined
  /** When the process was last heard of, by the clock of the reader. */
  readonly heardAt: number
  /** When the next try to connect begins, by the clock of the reader; 0 while connected or connecting. */
  readonly retryAt: number
}

export interface Refusal {
  readonly text: string
  /** Whether the reader has to log in, which needs the page to be loaded anew. */
  readonly isLogin: boolean
}

/** The process says something at least every 5 s; after this, it counts as lost. */
const SILENCE = 12_000

/** Follows the process for as long as the page is open: over a stream of events that is opened again whenever it breaks. */
export class ProcessLink {
  readonly #url: string
  readonly #stateUrl: string
  readonly #listeners = new Set<(view: LinkView) => void>()
  #view: LinkView = { page: undefined, status: 'connecting', refused: undefined, heardAt: 0, retryAt: 0 }
  #source: EventSource | undefined
  #tries = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(url: string, stateUrl: string) {
    this.#url = url
    this.#stateUrl = stateUrl
  }

  get view(): LinkView {
    return this.#view
  }

  subscribe(listener: (view: LinkView) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Connects now, whether or not a try is due. */
  connect(): void {
    clearTimeout(this.#retry)
    this.#source?.close()
    const source = new EventSource(this.#url)
    this.#source = source
    this.#set({ retryAt: 0 })
    this.#listenFor(SILENCE)
    source.onmessage = ({ data }) => {
      if (source === this.#source) this.#hear(JSON.parse(data))
    }
    source.onerror = () => {
      if (source === this.#source) this.#lose()
    }
  }

  #hear(message: Hello | Update): void {
    const now = Date.now()
    this.#listenFor(SILENCE)
    const known = this.#view.page
    if (message.type === 'hello') {
      this.#tries = 0
      this.#set({ page: begin(message, now, known), status: 'live', refused: undefined, heardAt: now })
    } else if (known !== undefined) {
      this.#set({ page: fold(known, message, now), status: 'live', heardAt: now })
    }
  }

  #lose(): void {
    clearTimeout(this.#silence)
    this.#source?.close()
    this.#source = undefined
    const delay = reconnectDelay(this.#tries++)
    const { page } = this.#view
    const status = page === undefined ? 'connecting' : hasEnded(page) ? 'ended' : 'lost'
    this.#set({ status, retryAt: Date.now() + delay })
    this.#retry = setTimeout(() => this.connect(), delay)
    void this.#askWhy()
  }

  /** A stream does not say why it was refused; the state that lies beside it does. */
  async #askWhy(): Promise<void> {
    const refused = await refusal(this.#stateUrl)
    if (this.#source === undefined && this.#view.status !== 'live') this.#set({ refused })
  }

  /** A stream that breaks without a word is noticed by its silence. */
  #listenFor(ms: number): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#lose(), ms)
  }

  #set(change: Partial<LinkView>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener(this.#view)
  }
}

async function refusal(url: string): Promise<Refusal | undefined> {
  try {
    const response = await fetch(url, { cache: 'no-store' })
    if (response.ok) return undefined
    if (response.status === 401) return { text: 'You have to log in.', isLogin: true }
    return { text: (await response.text()).trim().slice(0, 300) || `It answers ${response.status}.`, isLogin: false }
  } catch {
    return undefined
  }
}

/** Whether what was heard last was the end of the process. One that shuts down may have ended, or only tell of it no more. */
function hasEnded({ isOver, kernel: { state }, plan: { budget } }: PageState): boolean {
  return isOver || state === 'stopped' || (state === 'failed' && budget.endedAt !== undefined)
}

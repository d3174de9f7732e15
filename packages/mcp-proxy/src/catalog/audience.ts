import {
  type ClientCapabilities,
  LoggingLevelSchema,
  type LoggingMessageNotification,
  type Notification,
} from '@modelcontextprotocol/sdk/types.js'
import type { Caller } from '../upstream/caller.js'
import { originOfUri } from '../upstream/names.js'
import type { Upstream } from '../upstream/upstream.js'

type LoggingLevel = LoggingMessageNotification['params']['level']

/** The kinds of lists that clients are told of when they change. */
export type ListKind = 'tools' | 'resources' | 'prompts'

const LEVELS: readonly LoggingLevel[] = LoggingLevelSchema.options

/** A client that is connected. */
export interface Listener {
  /** Tells it; never fails. */
  tell(notification: Notification): void
  /** For questions that belong to no call of it. */
  readonly caller: Caller
}

interface Wishes {
  level: LoggingLevel | undefined
  readonly uris: Set<string>
}

/** The clients that are connected, and what each wants to hear. */
export class Audience {
  /** Resolves when the first has come. */
  readonly joined: Promise<void>
  readonly #listeners = new Map<Listener, Wishes>()
  #onJoined = () => {}

  constructor() {
    this.joined = new Promise((resolve) => {
      this.#onJoined = resolve
    })
  }

  /** Until the returned function is called, which gives the resources that nobody is subscribed to any more. */
  join(listener: Listener): () => string[] {
    this.#listeners.set(listener, { level: undefined, uris: new Set() })
    this.#onJoined()
    return () => {
      const { uris = [] } = this.#listeners.get(listener) ?? {}
      this.#listeners.delete(listener)
      return [...uris].filter((uri) => !this.#isWanted(uri))
    }
  }

  changed(kind: ListKind): void {
    for (const listener of this.#listeners.keys()) listener.tell({ method: `notifications/${kind}/list_changed` })
  }

  /** A resource is another one, by the URI that clients know. */
  updated(uri: string): void {
    for (const [listener, { uris }] of this.#listeners) {
      if (uris.has(uri)) listener.tell({ method: 'notifications/resources/updated', params: { uri } })
    }
  }

  /** Something that a server logged goes to those who asked for its level, and to those who asked for none. */
  logged(server: string, params: LoggingMessageNotification['params']): void {
    const logger = params.logger === undefined ? server : `${server}/${params.logger}`
    for (const [listener, { level }] of this.#listeners) {
      const isWanted = level === undefined || LEVELS.indexOf(params.level) >= LEVELS.indexOf(level)
      if (isWanted) listener.tell({ method: 'notifications/message', params: { ...params, logger } })
    }
  }

  setLevel(listener: Listener, level: LoggingLevel): void {
    const wishes = this.#listeners.get(listener)
    if (wishes !== undefined) wishes.level = level
  }

  /** The level that satisfies everybody; undefined while nobody has asked for one. */
  get level(): LoggingLevel | undefined {
    const wanted = Array.from(this.#listeners.values(), ({ level }) => level).filter((level) => level !== undefined)
    return LEVELS.find((level) => wanted.includes(level))
  }

  subscribe(listener: Listener, uri: string): void {
    this.#listeners.get(listener)?.uris.add(uri)
  }

  /** Whether nobody wants to hear of it any more. */
  unsubscribe(listener: Listener, uri: string): boolean {
    const had = this.#listeners.get(listener)?.uris.delete(uri) ?? false
    return had && !this.#isWanted(uri)
  }

  /** What somebody wants to hear of a server: a new instance of it has to be told. */
  wishesOf({ name }: Pick<Upstream, 'name'>): { level: LoggingLevel | undefined; uris: string[] } {
    const uris = new Set([...this.#listeners.values()].flatMap(({ uris }) => [...uris]))
    const own = [...uris].map(originOfUri).filter((origin) => origin?.server === name)
    return { level: this.level, uris: own.map((origin) => origin!.own) }
  }

  /** The client that there is, if it is only one. */
  get only(): Caller | undefined {
    const [first, ...more] = this.#listeners.keys()
    return more.length > 0 ? undefined : first?.caller
  }

  /** What a server is told that its client can do: what one of them can, and all that the proxy passes on before the first has come. */
  get capabilities(): ClientCapabilities {
    const all = Array.from(this.#listeners.keys(), ({ caller }) => caller.capabilities)
    if (all.length === 0) return { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } }
    const merged = (key: 'sampling' | 'elicitation') => Object.assign({}, ...all.map((each) => each[key]))
    return {
      ...(all.some(({ sampling }) => sampling) && { sampling: merged('sampling') }),
      ...(all.some(({ elicitation }) => elicitation) && { elicitation: merged('elicitation') }),
      ...(all.some(({ roots }) => roots) && { roots: { listChanged: true } }),
    }
  }

  #isWanted(uri: string): boolean {
    return [...this.#listeners.values()].some(({ uris }) => uris.has(uri))
  }
}

import type { ContainerStatus } from '../container/container-status.js'

/** The worst status of its containers; `gone` when the last of them was removed. */
export type SessionStatus = ContainerStatus | 'gone'

/** A session whose status changed. */
export interface SessionChange {
  readonly session: string
  readonly from: SessionStatus | undefined
  readonly to: SessionStatus
  /** Whether the restarts of one of its containers are used up. */
  readonly givenUp: boolean
  /** The names of its containers. */
  readonly containers: readonly string[]
  readonly reason?: string
}

/** What a session needs to know of a container. */
export interface SessionMember {
  readonly name: string
  readonly session: string | undefined
  readonly status: ContainerStatus
  readonly givenUp: boolean
  readonly reason: string | undefined
}

const WORST_FIRST: readonly ContainerStatus[] = ['failed', 'restarting', 'unhealthy', 'unknown', 'healthy']

/** Containers by session. A session exists as long as it has containers. */
export class Sessions<M extends SessionMember> {
  readonly #sessions = new Map<string, { readonly members: Set<M>; status: ContainerStatus | undefined; givenUp: boolean }>()
  readonly #changed: (change: SessionChange) => void

  constructor(changed: (change: SessionChange) => void) {
    this.#changed = changed
  }

  get names(): readonly string[] {
    return [...this.#sessions.keys()]
  }

  statusOf(session: string): ContainerStatus | undefined {
    return this.#sessions.get(session)?.status
  }

  membersOf(session: string): readonly M[] {
    return [...(this.#sessions.get(session)?.members ?? [])]
  }

  join(member: M): void {
    const { session } = member
    if (session === undefined) return
    const found = this.#sessions.get(session) ?? { members: new Set(), status: undefined, givenUp: false }
    this.#sessions.set(session, found)
    found.members.add(member)
    this.follow(member)
  }

  leave(member: M): void {
    const session = this.#sessions.get(member.session ?? '')
    if (session === undefined || !session.members.delete(member)) return
    if (session.members.size > 0) return this.follow(member)
    this.#sessions.delete(member.session!)
    const { status: from } = session
    this.#changed({
      session: member.session!,
      from,
      to: 'gone',
      givenUp: false,
      containers: [],
      reason: 'its last container was removed',
    })
  }

  /** Recomputes the session of a container whose status has changed. */
  follow({ session: name }: M): void {
    const session = name === undefined ? undefined : this.#sessions.get(name)
    if (session === undefined) return
    const members = [...session.members]
    const worst = WORST_FIRST.flatMap((status) => members.filter((member) => member.status === status))[0]!
    const givenUp = members.some((member) => member.givenUp)
    const { status: from } = session
    if (worst.status === from && givenUp === session.givenUp) return
    session.status = worst.status
    session.givenUp = givenUp
    const containers = members.map((member) => member.name)
    this.#changed({
      session: name!,
      from,
      to: worst.status,
      givenUp,
      containers,
      ...(worst.reason !== undefined && { reason: worst.reason }),
    })
  }
}

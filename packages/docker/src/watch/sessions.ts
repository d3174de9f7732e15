import type { ContainerStatus } from '../container/container-status.js'
import { shown } from '../engine/shown.js'

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

type Seen = Pick<SessionMember, 'status' | 'givenUp'>

/** One session, with what was last seen of each container and how many there are of each status. */
interface Session<M> {
  readonly shown: string
  readonly members: Map<M, Seen>
  readonly counts: Record<ContainerStatus, number>
  givenUps: number
  status: ContainerStatus | undefined
  givenUp: boolean
}

/** Containers by session. A session exists as long as it has containers. A change costs the same however many those are. */
export class Sessions<M extends SessionMember> {
  readonly #sessions = new Map<string, Session<M>>()
  /** The names of sessions by what is shown of them, where that differs. */
  readonly #shown = new Map<string, string>()
  readonly #changed: (change: SessionChange) => void

  constructor(changed: (change: SessionChange) => void) {
    this.#changed = changed
  }

  get names(): readonly string[] {
    return [...this.#sessions.keys()]
  }

  /** By its name, or by that as it is shown. */
  find(name: string): { readonly shown: string; readonly status: ContainerStatus; readonly members: readonly M[] } | undefined {
    const session = this.#sessions.get(name) ?? this.#sessions.get(this.#shown.get(name) ?? '')
    return session?.status && { shown: session.shown, status: session.status, members: [...session.members.keys()] }
  }

  join(member: M): void {
    const { session: name } = member
    if (name === undefined) return
    const session = this.#sessions.get(name) ?? emptySession<M>(shown(name))
    this.#sessions.set(name, session)
    if (session.shown !== name) this.#shown.set(session.shown, name)
    if (!session.members.has(member)) see(session, member, undefined)
    this.#tell(name, session)
  }

  leave(member: M): void {
    const session = this.#sessions.get(member.session ?? '')
    if (session === undefined || !forget(session, member)) return
    if (session.members.size > 0) return this.#tell(member.session!, session)
    this.#sessions.delete(member.session!)
    if (this.#shown.get(session.shown) === member.session) this.#shown.delete(session.shown)
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
  follow(member: M): void {
    const session = this.#sessions.get(member.session ?? '')
    const seen = session?.members.get(member)
    if (session === undefined || seen === undefined) return
    see(session, member, seen)
    this.#tell(member.session!, session)
  }

  #tell(name: string, session: Session<M>): void {
    const to = WORST_FIRST.find((status) => session.counts[status] > 0)!
    const givenUp = session.givenUps > 0
    const { status: from } = session
    if (to === from && givenUp === session.givenUp) return
    session.status = to
    session.givenUp = givenUp
    const members = [...session.members.keys()]
    const reason = members.find(({ status }) => status === to)?.reason
    this.#changed({
      session: name,
      from,
      to,
      givenUp,
      containers: members.map((member) => member.name),
      ...(reason !== undefined && { reason }),
    })
  }
}

function emptySession<M>(shown: string): Session<M> {
  const counts = { healthy: 0, unhealthy: 0, restarting: 0, failed: 0, unknown: 0 }
  return { shown, members: new Map(), counts, givenUps: 0, status: undefined, givenUp: false }
}

/** Counts a member as what it is now instead of as what it was seen as; members stay in the order in which they joined. */
function see<M extends SessionMember>(session: Session<M>, member: M, before: Seen | undefined): void {
  if (before !== undefined) uncount(session, before)
  const { status, givenUp } = member
  session.members.set(member, { status, givenUp })
  session.counts[status]++
  if (givenUp) session.givenUps++
}

/** False for a stranger. */
function forget<M extends SessionMember>(session: Session<M>, member: M): boolean {
  const seen = session.members.get(member)
  if (seen !== undefined) uncount(session, seen)
  return session.members.delete(member)
}

function uncount<M>(session: Session<M>, { status, givenUp }: Seen): void {
  session.counts[status]--
  if (givenUp) session.givenUps--
}

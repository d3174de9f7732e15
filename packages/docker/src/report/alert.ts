import type { MonitorEvent, MonitorEventOf, MonitorEventType } from '../watch/monitor-events.js'

export type Severity = 'critical' | 'error' | 'warning' | 'info'

/** What is posted: an event of the monitor, with what somebody who is woken up by it wants to know. Every text is one line, without secrets. */
export interface Alert {
  readonly type: MonitorEventType | 'storm' | 'storm-over'
  /** ISO 8601. */
  readonly at: string
  readonly severity: Severity
  /** One sentence. */
  readonly summary: string
  /** The name of the monitor. */
  readonly monitor: string
  /** The machine of the monitor. */
  readonly host: string
  /** What it is about: what is resolved has the key of what it resolves. */
  readonly key: string
  /** Whether what was told by the same key is over. */
  readonly resolves: boolean
  readonly container?: string
  readonly id?: string
  readonly session?: string
  readonly image?: string
  readonly status?: string
  readonly reason?: string
  /** Milliseconds that the container was down, of a `recovery`. */
  readonly downMs?: number
  /** Milliseconds that the engine was away, of an `engine-back`. */
  readonly awayMs?: number
  /** Of a `storm`: the names of the containers that are down beside those that were told one by one, at most 20 of them. */
  readonly containers?: readonly string[]
  /** Of a `storm`: how many these are, and how many of them were given up. */
  readonly count?: number
  readonly givenUps?: number
  /** How many earlier alerts were lost: the queue was full, or they could not be delivered. */
  readonly dropped?: number
  readonly [detail: string]: unknown
}

/** What an alert tells besides its source. */
export interface AlertNews
  extends Pick<Alert, 'type' | 'severity' | 'summary' | 'resolves' | 'containers' | 'count' | 'givenUps'> {
  /** In ms since the epoch. */
  readonly at: number
  /** Its key within the source. */
  readonly about: string
}

interface Words {
  readonly severity: Severity
  readonly resolves?: true
  summary(event: MonitorEvent): string
}

const of =
  <K extends MonitorEventType>(text: (event: MonitorEventOf<K>) => string) =>
  (event: MonitorEvent) =>
    text(event as unknown as MonitorEventOf<K>)

const WORDS: Readonly<Record<MonitorEventType, Words>> = {
  down: { severity: 'error', summary: of<'down'>((e) => `container ${e.container} is ${e.status}: ${e.reason}`) },
  recovery: {
    severity: 'info',
    resolves: true,
    summary: of<'recovery'>((e) => `container ${e.container} is healthy again after ${duration(e.downMs)}`),
  },
  'give-up': {
    severity: 'critical',
    summary: of<'give-up'>((e) => `container ${e.container} was given up after ${count(e.attempts, 'restart')}: ${e.reason}`),
  },
  gone: { severity: 'info', resolves: true, summary: of<'gone'>((e) => `container ${e.container} was removed`) },
  found: { severity: 'info', summary: of<'found'>((e) => `container ${e.container} is watched`) },
  status: { severity: 'info', summary: of<'status'>((e) => `container ${e.container}: ${e.from} → ${e.to}`) },
  failure: { severity: 'warning', summary: of<'failure'>((e) => `a check of container ${e.container} failed: ${e.reason}`) },
  restart: {
    severity: 'warning',
    summary: of<'restart'>((e) =>
      e.attempt === 0
        ? `container ${e.container} is restarted, as somebody asked`
        : `container ${e.container} is restarted, attempt ${e.attempt}: ${e.reason}`,
    ),
  },
  'restart-failed': {
    severity: 'error',
    summary: of<'restart-failed'>((e) => `container ${e.container} could not be restarted: ${e.reason}`),
  },
  session: { severity: 'info', summary: of<'session'>((e) => `session ${e.session}: ${e.from ?? 'new'} → ${e.to}`) },
  'engine-lost': { severity: 'critical', summary: of<'engine-lost'>((e) => `the engine is away: ${e.reason}`) },
  'engine-back': {
    severity: 'info',
    resolves: true,
    summary: of<'engine-back'>((e) => `the engine is back after ${duration(e.awayMs)}`),
  },
  problem: { severity: 'warning', summary: of<'problem'>((e) => `${e.what}: ${e.reason}`) },
}

/** What is told of an event. */
export function newsOf(event: MonitorEvent): AlertNews {
  const { severity, resolves = false, summary } = WORDS[event.type]
  return { ...event, severity, resolves, summary: summary(event), about: subjectOf(event) }
}

function subjectOf(event: MonitorEvent): string {
  if ('container' in event) return `container/${event.id}`
  if (event.type === 'session') return `session/${event.session}`
  return event.type === 'problem' ? `problem/${event.what}` : 'engine'
}

/** 90_000 is `90 s`, 7_260_000 is `2 h 1 min`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

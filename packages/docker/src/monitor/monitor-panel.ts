import type { Panel, PanelAction, PanelFact, PanelGroup, PanelRow, PanelView, Tone } from '@keelson/kernel'
import type { ContainerReport } from '../container/container-report.js'
import type { ContainerStatus } from '../container/container-status.js'
import type { StatusRecord } from '../container/status-history.js'
import type { ContainerMonitor } from './monitor-value.js'

const DAY = 86_400_000

/** How many checks of a container are shown: half an hour of the default interval. */
const CHECKS = 60

const TONES: Readonly<Record<ContainerStatus, Tone>> = {
  failed: 'bad',
  unhealthy: 'warn',
  restarting: 'busy',
  unknown: 'idle',
  healthy: 'ok',
}

/** By trouble, the worst first. */
const ORDER: readonly ContainerStatus[] = ['failed', 'unhealthy', 'restarting', 'unknown', 'healthy']

/** What a monitor shows of itself: its containers by session, what fails on top. */
export function monitorPanel(monitor: ContainerMonitor, now: () => number): Panel {
  return {
    title: 'Containers',
    read: () => view(monitor, now()),
    async act(action, row) {
      const container = monitor.containers().find(({ id }) => id === row)
      if (action !== 'restart' || container === undefined) throw new Error('there is no such container any more')
      await monitor.restart(container.id)
      return `${container.name} is restarted`
    },
  }
}

function view(monitor: ContainerMonitor, now: number): PanelView {
  const { status, since, reason } = monitor.engine()
  const isAway = status !== 'healthy'
  return {
    at: isAway ? since : now,
    ...(isAway && { stale: `the engine is away since ${time(since, now)}${reason === undefined ? '' : `: ${reason}`}` }),
    facts: facts(monitor),
    groups: groups(monitor, now),
  }
}

function facts(monitor: ContainerMonitor): PanelFact[] {
  const { containers, byStatus, givenUp, restarts, responseMs } = monitor.statistics()
  const counted = ORDER.filter((status) => byStatus[status] > 0).map((status) => fact(status, byStatus[status]))
  return [
    fact('containers', containers),
    ...counted,
    ...(givenUp > 0 ? [fact('given up', givenUp)] : []),
    fact('restarts', restarts),
    ...(responseMs === undefined ? [] : [fact('answers p50, p95', `${ms(responseMs.p50)}, ${ms(responseMs.p95)}`)]),
  ]
}

/** Containers without a session stand together, under no title where there are no sessions. */
function groups(monitor: ContainerMonitor, now: number): PanelGroup[] {
  const bySession = new Map<string | undefined, ContainerReport[]>()
  for (const container of [...monitor.containers()].sort(byTrouble)) {
    const known = bySession.get(container.session)
    if (known === undefined) bySession.set(container.session, [container])
    else known.push(container)
  }
  // In the order of the worst of each, for those were seen in that order.
  return Array.from(bySession, ([session, containers]) => {
    const title = session ?? (bySession.size > 1 ? 'without a session' : undefined)
    const rows = containers.map((container) => row(container, monitor.history(container.id).slice(-CHECKS), now))
    return { ...(title !== undefined && { title }), rows }
  })
}

function row(container: ContainerReport, checks: readonly StatusRecord[], now: number): PanelRow {
  const { id, name, status, since, reason, givenUp, lastCheckAt, responseMs, exitCode, restarts, engineRestarts } = container
  return {
    id,
    name,
    tone: TONES[status],
    status: givenUp ? `${status} for good` : status,
    ...(reason !== undefined && { reason }),
    facts: [
      // Not for how long: what changes with the time alone is sent to the page again and again.
      fact('since', time(since, now)),
      ...(lastCheckAt === undefined ? [] : [fact('checked', time(lastCheckAt, now))]),
      ...(responseMs === undefined ? [] : [fact('answer', ms(responseMs))]),
      ...(exitCode === undefined || status === 'healthy' ? [] : [fact('exit code', exitCode)]),
      fact('restarts', `${restarts}${engineRestarts > 0 ? ` + ${engineRestarts} by the engine` : ''}`),
      fact('image', container.image),
    ],
    history: checks.map((check) => ({ at: check.at, tone: TONES[check.status], text: check.reason ?? check.status })),
    series: { unit: 'ms', values: checks.map((check) => check.responseMs) },
    actions: [{ ...RESTART, confirm: `Restart ${name}?` }],
  }
}

const RESTART: PanelAction = { id: 'restart', label: 'Restart' }

function byTrouble(a: ContainerReport, b: ContainerReport): number {
  return ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || (a.name < b.name ? -1 : 1)
}

function fact(label: string, value: string | number): PanelFact {
  return { label, value: String(value) }
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}

/** With its day where that was not within the last 24 hours. */
function time(at: number, now: number): string {
  const text = new Date(at).toISOString().slice(0, 19).replace('T', ' ')
  return `${now - at < DAY ? text.slice(11) : text} UTC`
}

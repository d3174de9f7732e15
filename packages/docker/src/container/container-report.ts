import { shown } from '../engine/shown.js'
import type { ContainerStatus } from './container-status.js'
import type { WatchedContainer } from './watched-container.js'

/** One container, as plain JSON. Times are in ms since the epoch. */
export interface ContainerReport {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly session?: string
  readonly status: ContainerStatus
  readonly reason?: string
  /** When the status changed last. */
  readonly since: number
  /** Its restarts are used up. */
  readonly givenUp: boolean
  readonly lastCheckAt?: number
  readonly responseMs?: number
  readonly exitCode?: number
  readonly oomKilled: boolean
  readonly startedAt?: number
  /** Restarts requested by the monitor. */
  readonly restarts: number
  /** Restarts by the engine under the container's own restart policy. */
  readonly engineRestarts: number
  readonly checks: number
  readonly failures: number
}

export interface EngineReport {
  readonly status: 'healthy' | 'unhealthy'
  /** When the status changed last, in ms since the epoch. */
  readonly since: number
  readonly reason?: string
  /** Requests in flight now. */
  readonly inFlight: number
  /** The highest number of concurrent requests so far. */
  readonly highestInFlight: number
}

export interface Statistics {
  readonly containers: number
  readonly byStatus: Readonly<Record<ContainerStatus, number>>
  readonly givenUp: number
  readonly checks: number
  readonly failures: number
  readonly restarts: number
  /** Of the last look at each container, in ms. */
  readonly responseMs?: { readonly p50: number; readonly p95: number; readonly max: number }
}

export function containerReport(container: WatchedContainer): ContainerReport {
  const { id, image, status, reason, since, givenUp, last, facts, restarts, checks, failures } = container
  const { name, session } = container.shown
  return {
    id,
    name,
    image: facts?.image ?? shown(image),
    ...(session !== undefined && { session }),
    status,
    ...(reason !== undefined && { reason }),
    since,
    givenUp,
    ...(last !== undefined && { lastCheckAt: last.at, responseMs: last.responseMs }),
    ...(facts?.exitCode !== undefined && { exitCode: facts.exitCode }),
    oomKilled: facts?.oomKilled ?? false,
    ...(facts?.startedAt !== undefined && { startedAt: facts.startedAt }),
    restarts,
    engineRestarts: facts?.engineRestarts ?? 0,
    checks,
    failures,
  }
}

export function statisticsOf(containers: readonly WatchedContainer[]): Statistics {
  const byStatus = { healthy: 0, unhealthy: 0, restarting: 0, failed: 0, unknown: 0 }
  const times: number[] = []
  const sum = { givenUp: 0, checks: 0, failures: 0, restarts: 0 }
  for (const { status, last, givenUp, checks, failures, restarts } of containers) {
    byStatus[status]++
    if (last !== undefined) times.push(last.responseMs)
    sum.givenUp += givenUp ? 1 : 0
    sum.checks += checks
    sum.failures += failures
    sum.restarts += restarts
  }
  times.sort((a, b) => a - b)
  const at = (part: number) => times[Math.max(0, Math.ceil(times.length * part) - 1)]!
  return {
    containers: containers.length,
    byStatus,
    ...sum,
    ...(times.length > 0 && { responseMs: { p50: at(0.5), p95: at(0.95), max: at(1) } }),
  }
}

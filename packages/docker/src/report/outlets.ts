import type { Clock, StartContext } from '@keelson/kernel'
import type { Past } from '../container/watched-container.js'
import { reasonOf } from '../engine/reason-of.js'
import { shownAsJson } from '../engine/shown.js'
import { isEventType, type MonitorEvents, type MonitorEventType } from '../watch/monitor-events.js'
import { invalid } from '../watch/monitor-settings.js'
import { AuditFile, type AuditOptions } from './audit-file.js'
import { readPast } from './audit-past.js'
import { type AlertOptions, Webhook } from './webhook.js'

/** The events that are written to the audit file. */
const AUDITED: ReadonlySet<MonitorEventType> = new Set<MonitorEventType>([
  'failure',
  'restart',
  'restart-failed',
  'give-up',
  'recovery',
  'session',
  'engine-lost',
  'engine-back',
])

/** The `what` of a problem with alerts, which is not posted as an alert itself. */
const ALERTS = 'alerts'

export interface OutletOptions {
  /**
   * The file to which failures, restarts, give-ups, recoveries, and changes of sessions and the engine are appended, and from which the history of
   * the last `keepHistory` ms is read back at the start. Default none.
   */
  audit?: AuditOptions
  /** Where alerts are posted. Default none. */
  alerts?: AlertOptions
}

/** Opens the audit file and the webhook of a monitor; both are closed when the resource stops. Resolves to the webhook, and to what the audit file says of the last `keepHistory` ms. */
export async function openOutlets(
  monitor: string,
  { audit, alerts }: OutletOptions,
  events: MonitorEvents,
  clock: Clock,
  keepHistory: number,
  ctx: StartContext,
): Promise<{ readonly webhook?: Webhook; readonly past?: ReadonlyMap<string, Past> }> {
  const problem = (what: string) => (error: unknown) => {
    events.emit('problem', { what, reason: reasonOf(error) })
  }
  let past: ReadonlyMap<string, Past> | undefined
  if (audit !== undefined) {
    past = await readPast(audit.path, clock.now() - keepHistory)
    const file = new AuditFile(audit, problem(`the audit file ${audit.path}`))
    await file.open()
    const unsubscribe = events.on('event', (event) => {
      if (AUDITED.has(event.type)) file.append(shownAsJson({ ...event, at: new Date(event.at).toISOString() }))
    })
    ctx.defer(async () => {
      unsubscribe()
      await file.close()
    })
  }
  if (alerts === undefined) return { ...(past && { past }) }
  const webhook = new Webhook(monitor, alerts, clock, problem(ALERTS))
  const unsubscribe = events.on('event', (event) => {
    if (event.type !== 'problem' || event.what !== ALERTS) webhook.tell(event)
  })
  ctx.defer(async () => {
    unsubscribe()
    await webhook.close()
  })
  return { webhook, ...(past && { past }) }
}

/** @throws KeelsonError `INVALID_OPTION` for a bad option of `audit` or `alerts`. */
export function checkOutlets(name: string, { audit, alerts }: OutletOptions): void {
  if (audit !== undefined && (typeof audit.path !== 'string' || audit.path === '')) {
    throw invalid(name, 'audit.path', 'must be the path of a file')
  }
  for (const option of ['maxBytes', 'keep'] as const) expectCount(name, `audit.${option}`, audit?.[option])
  if (alerts === undefined) return
  if (!/^https?:/.test(alerts.url) || !URL.canParse(alerts.url)) throw invalid(name, 'alerts.url', 'must be an http or https URL')
  const stranger = alerts.events?.find((type) => !isEventType(type))
  if (stranger !== undefined)
    throw invalid(name, 'alerts.events', `has ${JSON.stringify(stranger)}, which is no event of a monitor`)
  for (const option of ['fold', 'attempts', 'delay', 'timeout', 'queue'] as const)
    expectCount(name, `alerts.${option}`, alerts[option])
  const { format = 'json', routingKey, host } = alerts
  if (typeof format !== 'function' && !FORMATS.includes(format))
    throw invalid(name, 'alerts.format', `must be one of ${FORMATS.join(', ')}, or a function of the alert`)
  if (format === 'pagerduty' && (typeof routingKey !== 'string' || routingKey === ''))
    throw invalid(name, 'alerts.routingKey', 'is missing; PagerDuty calls it the integration key of a service')
  if (host !== undefined && (typeof host !== 'string' || host === '')) throw invalid(name, 'alerts.host', 'must be a name')
}

const FORMATS: readonly unknown[] = ['json', 'slack', 'pagerduty', 'alertmanager']

function expectCount(name: string, option: string, value: unknown): void {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= 1)) return
  throw invalid(name, option, 'must be a whole number, 1 or more')
}

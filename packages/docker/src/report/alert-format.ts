import type { Alert, Severity } from './alert.js'

/** How an alert is written: as it is, as the services of these names take it, or as a function makes it; what that returns is posted as JSON. */
export type AlertFormat = 'json' | 'slack' | 'pagerduty' | 'alertmanager' | ((alert: Alert) => unknown)

export interface FormatSettings {
  readonly format: AlertFormat
  readonly routingKey: string | undefined
}

/** What is posted of an alert; undefined for nothing, as a function may say. */
export function formatted(alert: Alert, { format, routingKey }: FormatSettings): unknown {
  switch (format) {
    case 'json':
      return alert
    case 'slack':
      return slack(alert)
    case 'pagerduty':
      return pagerDuty(alert, routingKey)
    case 'alertmanager':
      return alertmanager(alert)
    default:
      return format(alert)
  }
}

const COLORS: Readonly<Record<Severity, string>> = { critical: '#b00020', error: '#d9480f', warning: '#e8a400', info: '#2b8a3e' }

/** An incoming webhook of Slack, and of what takes the same. */
function slack({ summary, severity, monitor, host, session, at, dropped }: Alert): object {
  const text = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const fields = Object.entries({ severity, monitor, host, session, lost: dropped && `${dropped} earlier alerts` })
    .filter(([, value]) => value !== undefined)
    .map(([title, value]) => ({ title, value: text(String(value)), short: true }))
  const first = `${monitor}: ${summary}`
  return {
    text: text(first),
    attachments: [{ fallback: text(first), color: COLORS[severity], fields, ts: Math.floor(Date.parse(at) / 1_000) }],
  }
}

/** Events API v2 of PagerDuty: what resolves has the same `dedup_key`. */
function pagerDuty(alert: Alert, routingKey: string | undefined): object {
  const { key, resolves, summary, severity, host, at, container, session, type } = alert
  const event = { routing_key: routingKey, event_action: resolves ? 'resolve' : 'trigger', dedup_key: key.slice(0, 255) }
  if (resolves) return event
  const payload = { summary, source: host, severity, timestamp: at, component: container, group: session, class: type }
  return { ...event, payload: { ...payload, custom_details: alert } }
}

/** Milliseconds after which Alertmanager forgets what was not resolved. */
const FORGOTTEN = 24 * 60 * 60 * 1_000

/** `POST /api/v2/alerts` of Alertmanager: what has the same labels is the same alert. */
function alertmanager(alert: Alert): object[] {
  const { type, at, resolves } = alert
  const endsAt = resolves ? at : new Date(Date.parse(at) + FORGOTTEN).toISOString()
  return (RESOLVED_BY[type] ?? [type]).map((told) => ({
    labels: labelsOf(alert, told),
    annotations: { summary: alert.summary, ...(alert.reason !== undefined && { reason: alert.reason }) },
    ...(!resolves && { startsAt: at }),
    endsAt,
  }))
}

const RESOLVED_BY: Readonly<Record<string, readonly string[]>> = {
  recovery: ['down', 'give-up'],
  gone: ['down', 'give-up'],
  'engine-back': ['engine-lost'],
  'storm-over': ['storm'],
}

function labelsOf({ monitor, host, container, session }: Alert, type: string): Record<string, string> {
  const severity =
    type === 'give-up' || type === 'engine-lost' ? 'critical' : type === 'down' || type === 'storm' ? 'error' : 'info'
  const alertname = `Container${type.replace(/(?:^|-)(\w)/g, (_, first: string) => first.toUpperCase())}`
  return {
    alertname,
    severity,
    monitor,
    host,
    ...(container !== undefined && { container }),
    ...(session !== undefined && { session }),
  }
}

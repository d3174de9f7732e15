import { expect, test } from 'vitest'
import type { Alert } from './alert.js'
import { formatted } from './alert-format.js'

const down: Alert = {
  type: 'down',
  at: '2026-11-28T10:00:00.000Z',
  severity: 'error',
  summary: 'container <api> is failed: it exited with code 1 & more',
  monitor: 'workers',
  host: 'node-1',
  key: 'workers/node-1/container/abc',
  resolves: false,
  container: '<api>',
  id: 'abc',
  session: 's1',
  reason: 'it exited with code 1 & more',
}
const up: Alert = {
  ...down,
  type: 'recovery',
  severity: 'info',
  summary: 'container <api> is healthy again after 5 s',
  resolves: true,
}
const settings = { routingKey: undefined }

test('json is the alert as it is', () => {
  expect(formatted(down, { ...settings, format: 'json' })).toBe(down)
})

test('slack shows it as a line with a colour, where nothing of a container is a link or a mention', () => {
  expect(formatted({ ...down, dropped: 3 }, { ...settings, format: 'slack' })).toEqual({
    text: 'workers: container &lt;api&gt; is failed: it exited with code 1 &amp; more',
    attachments: [
      {
        fallback: 'workers: container &lt;api&gt; is failed: it exited with code 1 &amp; more',
        color: '#d9480f',
        fields: [
          { title: 'severity', value: 'error', short: true },
          { title: 'monitor', value: 'workers', short: true },
          { title: 'host', value: 'node-1', short: true },
          { title: 'session', value: 's1', short: true },
          { title: 'lost', value: '3 earlier alerts', short: true },
        ],
        ts: 1_795_860_000,
      },
    ],
  })
})

test('pagerduty opens an incident and resolves the same one', () => {
  const format = { format: 'pagerduty', routingKey: 'R0UT1NG' } as const
  expect(formatted(down, format)).toEqual({
    routing_key: 'R0UT1NG',
    event_action: 'trigger',
    dedup_key: 'workers/node-1/container/abc',
    payload: {
      summary: down.summary,
      source: 'node-1',
      severity: 'error',
      timestamp: '2026-11-28T10:00:00.000Z',
      component: '<api>',
      group: 's1',
      class: 'down',
      custom_details: down,
    },
  })
  expect(formatted(up, format)).toEqual({
    routing_key: 'R0UT1NG',
    event_action: 'resolve',
    dedup_key: 'workers/node-1/container/abc',
  })
})

test('alertmanager gets labels that are the same when it fires and when it is resolved, whatever it fired as', () => {
  const format = { ...settings, format: 'alertmanager' } as const
  const labels = { monitor: 'workers', host: 'node-1', container: '<api>', session: 's1' }
  const asDown = { alertname: 'ContainerDown', severity: 'error', ...labels }
  const asGivenUp = { alertname: 'ContainerGiveUp', severity: 'critical', ...labels }
  const firing = { startsAt: '2026-11-28T10:00:00.000Z', endsAt: '2026-11-29T10:00:00.000Z' }
  expect(formatted(down, format)).toEqual([
    { labels: asDown, annotations: { summary: down.summary, reason: down.reason }, ...firing },
  ])
  expect(formatted({ ...down, type: 'give-up' }, format)).toMatchObject([{ labels: asGivenUp, ...firing }])
  expect(formatted(up, format)).toMatchObject([
    { labels: asDown, endsAt: '2026-11-28T10:00:00.000Z' },
    { labels: asGivenUp, endsAt: '2026-11-28T10:00:00.000Z' },
  ])
})

test('a function makes what it likes of it', () => {
  expect(formatted(down, { ...settings, format: ({ severity, container }) => ({ severity, container }) })).toEqual({
    severity: 'error',
    container: '<api>',
  })
})

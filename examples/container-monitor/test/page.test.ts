import type { ContainerMonitor, ContainerReport, SessionReport, StatusRecord } from '@keelson/docker'
import { expect, test } from 'vitest'
import { overview, page } from '../src/page.js'
import { sparkline } from '../src/sparkline.js'

const report = (more: Partial<ContainerReport>): ContainerReport => ({
  id: '0',
  name: 'one',
  image: 'bb',
  status: 'healthy',
  since: 0,
  givenUp: false,
  oomKilled: false,
  restarts: 0,
  engineRestarts: 0,
  checks: 1,
  failures: 0,
  ...more,
})

interface Shown {
  label?: string
  reason?: string
  sessions?: SessionReport[]
  history?: StatusRecord[]
}

function monitorOf(containers: ContainerReport[], { reason, sessions = [], history = [] }: Shown = {}): ContainerMonitor {
  const byStatus = { healthy: 0, unhealthy: 0, restarting: 0, failed: 0, unknown: 0 }
  for (const { status } of containers) byStatus[status]++
  const look = {
    engine: () => ({ status: reason === undefined ? 'healthy' : 'unhealthy', since: 0, reason }),
    containers: () => containers,
    sessions: () => sessions,
    history: () => history,
    statistics: () => ({ containers: containers.length, byStatus, givenUp: containers.filter(({ givenUp }) => givenUp).length }),
  }
  return look as unknown as ContainerMonitor
}

const shownOf = (containers: ContainerReport[], { label = 'app=worker', ...more }: Shown = {}, actions = false) =>
  overview(monitorOf(containers, more), { label, actions, now: 125_000 })

test('what containers, labels, sessions and engines say is text, never markup', () => {
  const evil = `<img src=x onerror="alert('x')">&`
  const sessions = [{ session: evil, status: 'failed', containers: [] }] as SessionReport[]
  const all = { id: evil, name: evil, session: evil, reason: evil }
  const html = shownOf([report(all)], { label: evil, reason: evil, sessions }, true)
  expect(html).not.toContain('<img')
  expect(html.match(/&#60;img src=x onerror=&#34;alert\(&#39;x&#39;\)&#34;&#62;&#38;/g)).toHaveLength(9)
})

test('what fails is on top, with its reason; then by name', () => {
  const html = shownOf([
    report({ id: '1', name: 'b', since: 115_000, responseMs: 1.234, session: 's' }),
    report({ id: '2', name: 'c', status: 'unhealthy', reason: 'its HEALTHCHECK fails' }),
    report({ id: '3', name: 'a' }),
    report({
      id: '4',
      name: 'd',
      status: 'failed',
      givenUp: true,
      restarts: 3,
      engineRestarts: 7,
      reason: 'it ended with code 1',
    }),
  ])
  const cards = html.split('\n').filter((line) => line.startsWith('<article>'))
  expect(cards.map((card) => /<\/b> (\w)</.exec(card)?.[1])).toEqual(['d', 'c', 'a', 'b'])
  expect(cards[0]).toMatch(/failed for good.*2 min.*3 \+ 7 by the engine.*it ended with code 1/)
  expect(cards[3]).toMatch(/healthy.*<dd>s<.*10 s.*1\.2 ms/)
  expect(html).toContain('4 with app=worker: 2 healthy, 1 unhealthy, 1 failed; 1 given up')
})

test('says when it was updated, and when the engine is away since when', () => {
  const html = shownOf([report({})], { reason: 'connect ENOENT' })
  expect(html).toContain('<time datetime="1970-01-01T00:02:05.000Z">00:02:05 UTC</time>')
  expect(html).toContain('The engine has been away for 2 min; this is what was known last. connect ENOENT')
  expect(shownOf([report({})])).not.toContain('away')
})

test('has a button for each container only where actions are allowed', () => {
  expect(shownOf([report({ id: 'abc', name: 'api' })])).not.toContain('<button')
  expect(shownOf([report({ id: 'abc', name: 'api' })], {}, true)).toContain(
    '<button id="restart-abc" name="container" value="abc" aria-label="restart api">',
  )
})

test('history is a line of response times over a strip of statuses, and told in words', () => {
  const history = Array.from(
    { length: 100 },
    (_, at): StatusRecord => ({ at, status: at % 10 === 0 ? 'failed' : 'healthy', responseMs: at }),
  )
  const svg = sparkline(history)
  expect(svg).toContain('aria-label="the last 60 checks: 6 failed, the slowest took 99 ms"')
  expect(svg.match(/<rect class="failed"/g)).toHaveLength(6)
  expect(svg.match(/<rect/g)).toHaveLength(60)
  expect(sparkline([])).toBe('<span></span>')
})

test('without an engine it says so, and the page has what refreshes it', () => {
  const html = page(undefined, { label: 'app=worker' })
  expect(html).toContain('There is no Docker Engine that answers')
  expect(html).toContain("fetch('/?part=main'")
})

import type { ContainerMonitor, ContainerReport } from '@keelson/docker'
import { expect, test } from 'vitest'
import { page } from '../src/page.js'

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

function pageOf(containers: ContainerReport[], label = 'app=worker', reason?: string): string {
  const look = {
    engine: () => ({ status: reason === undefined ? 'healthy' : 'unhealthy', since: 0, reason }),
    containers: () => containers,
    statistics: () => ({ containers: containers.length, byStatus: { healthy: 0 } }),
  }
  return page(look as unknown as ContainerMonitor, label, 125_000)
}

test('what containers, labels and engines say is text, never markup', () => {
  const evil = `<img src=x onerror="alert('x')">&`
  const html = pageOf([report({ name: evil, session: evil, reason: evil })], evil)
  expect(html).not.toContain('<img')
  expect(html.match(/&#60;img src=x onerror=&#34;alert\(&#39;x&#39;\)&#34;&#62;&#38;/g)).toHaveLength(4)
  expect(pageOf([], 'app=worker', evil)).not.toContain('<img')
})

test('shows them by name, for how long they are what they are, and who restarted them', () => {
  const html = pageOf([
    report({ name: 'two', status: 'failed', givenUp: true, restarts: 3, engineRestarts: 7 }),
    report({ name: 'one', since: 115_000, responseMs: 1.234 }),
  ])
  const rows = html.split('\n').filter((line) => line.startsWith('<tr><td>'))
  expect(rows[0]).toMatch(/one.*healthy.*10 s.*1\.2 ms/)
  expect(rows[1]).toMatch(/two.*failed for good.*2 min.*3 \+ 7 by the engine/)
})

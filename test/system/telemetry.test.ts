import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKernel, resource } from '@keelson/kernel'
import { metricsHandler } from '@keelson/telemetry/prometheus'
import { register } from 'prom-client'
import { expect, test } from 'vitest'
import { lintMetrics, prometheus } from './prometheus.js'

/** The queries of the dashboard, with every variable set to all. */
function queries(): string[] {
  const { panels } = JSON.parse(readFileSync(new URL('../../docs/grafana-dashboard.json', import.meta.url), 'utf8'))
  return panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr.replaceAll(/\$[a-z]+/g, '.*')),
  )
}

test('O1 a real Prometheus scrapes a kernel, answers every query of the dashboard, and promtool finds nothing to mend', async () => {
  const db = resource('db', {
    start: () => {},
    check: () => true,
    drain: () => {},
    stop: () => {},
  })
  const api = resource('api', {
    dependsOn: { db },
    start: (_, ctx) => void ctx.counters(() => ({ admitted: 12, refused: 3 })),
  })
  const kernel = createKernel([api], { name: 'shop' })
  const metrics = metricsHandler(kernel)
  const server = createServer((req, res) => void (metrics(req, res) || res.writeHead(404).end())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
  try {
    await kernel.start()
    await kernel.restart(db)
    await kernel.check()
    expect(lintMetrics(await (await fetch(url)).text())).toBe('')
    await using scraped = await prometheus(url)
    const seen = (query: string) => scraped.query(query).then(([first]) => first?.value)
    await expect.poll(() => seen('keelson_resource_restarts_total{resource="db"}'), { timeout: 60_000 }).toBe(1)
    expect(await seen('keelson_resource_state{kernel="shop",resource="api",state="running"}')).toBe(1)
    expect(await seen('keelson_resource_admission_requests_total{outcome="refused"}')).toBe(3)
    expect(await seen('keelson_kernel_shutdown_budget_seconds')).toBe(25)
    expect(await seen('keelson_resource_check_duration_seconds_count{resource="db"}')).toBeGreaterThanOrEqual(2)
    for (const query of queries()) expect(await scraped.problemOf(query), query).toBeUndefined()
    const empty = await Promise.all(queries().map(async (query) => ((await scraped.query(query)).length === 0 ? [query] : [])))
    // Rates need more than one scrape, and nothing has failed for good.
    expect(empty.flat().filter((query) => !/rate\(|increase\(|"unhealthy"|"failed"|shutdown_duration/.test(query))).toEqual([])
  } finally {
    server.close()
    await kernel.shutdown()
    register.clear()
  }
})

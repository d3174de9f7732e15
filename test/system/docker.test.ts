import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ContainerMonitor, containerMonitor, dockerEngine, healthHandler, type MonitorEvent } from '@keelson/docker'
import type { Hello } from '@keelson/inspector'
import { createKernel, type Kernel } from '@keelson/kernel'
import { freePort } from '@keelson/test-servers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DockerDaemon } from './docker-daemon.js'
import { lintMetrics, prometheus } from './prometheus.js'

const daemon = new DockerDaemon()
const folder = mkdtempSync(join(tmpdir(), 'keelson-audit-'))
const audit = join(folder, 'audit.jsonl')
const events: MonitorEvent[] = []
const sessions: string[] = []
let kernel: Kernel
let monitor: ContainerMonitor

beforeAll(async () => {
  await daemon.start({ liveRestore: true })
  await daemon.makeImage()
  const flag = (seconds: number) => ({
    Cmd: ['/bin/sh', '-c', 'touch /ok; exec sleep 100000'],
    Healthcheck: {
      Test: ['CMD', '/bin/busybox', 'test', '-f', '/ok'],
      Interval: 500e6,
      Timeout: 5e9,
      Retries: 3, // one that fails as the engine comes back, or for want of time, is no news
      StartPeriod: seconds * 1e9,
    },
  })
  for (let i = 0; i < 4; i++) await daemon.run(`plain${i}`, { Labels: { session: 'plain' } })
  await daemon.run('flips', flag(0))
  await daemon.run('starts', { ...flag(3_600), Cmd: ['/bin/sleep', '100000'] })
  await daemon.run('killed', { Labels: { session: 'moved' } })
  await daemon.run('paused')
  await daemon.run('removed', { Labels: { session: 'ends' } })
  await daemon.run('oom', {
    Cmd: ['/bin/sh', '-c', 'while [ ! -f /go ]; do sleep 0.1; done; exec tail /dev/zero'],
    HostConfig: { Memory: 16 * 2 ** 20, MemorySwap: 16 * 2 ** 20 },
  })
  const workers = containerMonitor('workers', {
    engine: dockerEngine({ socketPath: daemon.socketPath, impact: 'degraded' }),
    kernel: () => kernel,
    filters: { label: ['app=worker'] },
    sessionOf: ({ labels }) => labels.session,
    probe: ({ name }) => (name === 'plain0' ? { exec: ['/bin/busybox', 'test', '!', '-f', '/bad'] } : undefined),
    onSessionChange: ({ session, to }) => sessions.push(`${session} ${to}`),
    audit: { path: audit },
    interval: 1_000,
    failureThreshold: 2,
    restartAttempts: 4,
    restartDelay: 200,
    restartWindow: 60_000, // four runs out of memory fit into it on a slow machine, and so do three restarts of another container
  })
  kernel = createKernel([workers])
  await kernel.start()
  monitor = kernel.get(workers)
  monitor.on('event', (event) => events.push(event))
  await monitor.ready
}, 120_000)

afterAll(async () => {
  await kernel?.shutdown()
  await daemon.dispose()
  rmSync(folder, { recursive: true })
}, 120_000)

const report = (name: string) => monitor.containers().find((container) => container.name === name)
const status = (name: string) => report(name)?.status
const lines = () => events.map((event) => `${event.type}${'container' in event ? ` ${event.container}` : ''}`)
const recoveries = () => lines().filter((line) => line.startsWith('recovery')).length
const statusesOf = (name: string) =>
  events.flatMap((event) => (event.type === 'status' && event.container === name ? [event.to] : []))

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !what(); ) {
    if (Date.now() > end)
      throw new Error(`it did not come to that: ${what}\n${lines().join('\n')}\n${JSON.stringify(monitor.containers(), null, 1)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('ten real containers are found, and what they are is known', async () => {
  expect(monitor.containers()).toHaveLength(10)
  await until(() => monitor.statistics().byStatus.healthy === 9)
  expect(report('plain0')).toMatchObject({ image: 'bb:latest', restarts: 0, oomKilled: false, session: 'plain' })
  expect(kernel.probe().status).toBe('ready')
})

test('one whose start period has not ended is unknown, whatever its HEALTHCHECK says', async () => {
  const before = report('starts')!.checks
  await until(() => report('starts')!.checks > before + 3)
  expect(status('starts')).toBe('unknown')
  await daemon.exec('starts', '/bin/touch', '/ok')
  await until(() => status('starts') === 'healthy')
})

test('a HEALTHCHECK that flips is unhealthy and healthy again, and one that stays so is restarted', async () => {
  await daemon.exec('flips', '/bin/rm', '/ok')
  await until(() => status('flips') === 'unhealthy')
  expect(report('flips')?.reason).toContain('HEALTHCHECK')
  await until(() => lines().includes('restart flips'))
  await until(() => status('flips') === 'healthy')
  expect(statusesOf('flips').filter((to, i, all) => to !== all[i - 1])).toEqual(
    expect.arrayContaining(['unhealthy', 'restarting', 'healthy']),
  )
})

test('a command that is asked inside of a container says whether it is well', async () => {
  await daemon.exec('plain0', '/bin/touch', '/bad')
  await until(() => status('plain0') === 'unhealthy')
  expect(report('plain0')?.reason).toBe('its command /bin/busybox ended with code 1')
  await daemon.exec('plain0', '/bin/rm', '/bad')
  await until(() => status('plain0') === 'healthy')
})

test('one that its own policy restarts again and again has failed until the monitor restarts it', async () => {
  await daemon.run('loops', { Cmd: ['/bin/sh', '-c', 'sleep 1; exit 3'], HostConfig: { RestartPolicy: { Name: 'always' } } })
  await until(() => lines().includes('restart loops'))
  const statuses = statusesOf('loops')
  expect(statuses.slice(statuses.indexOf('failed'), statuses.indexOf('restarting') + 1)).toEqual(['failed', 'restarting'])
  await daemon.docker.getContainer('loops').remove({ force: true })
  await until(() => report('loops') === undefined)
})

test('one that was killed has failed with its exit code, its session too, and both come back', async () => {
  await daemon.docker.getContainer('killed').kill()
  await until(() => status('killed') === 'failed')
  expect(report('killed')).toMatchObject({ exitCode: 137, oomKilled: false })
  await until(() => status('killed') === 'healthy')
  expect(report('killed')?.restarts).toBe(1)
  expect(sessions.filter((line) => line.startsWith('moved'))).toEqual(
    expect.arrayContaining(['moved failed', 'moved restarting', 'moved healthy']),
  )
})

test('one that is paused is unhealthy and woken up', async () => {
  await daemon.docker.getContainer('paused').pause()
  await until(() => status('paused') === 'unhealthy')
  await until(() => status('paused') === 'healthy')
  const { State } = await daemon.docker.getContainer('paused').inspect()
  expect(State.Paused).toBe(false)
})

test('one that runs out of memory again and again is given up, and restarted when somebody asks', async () => {
  await daemon.exec('oom', '/bin/touch', '/go')
  await until(() => lines().includes('give-up oom'))
  expect(report('oom')).toMatchObject({ status: 'failed', givenUp: true, restarts: 4, exitCode: 137 })
  // The engine sometimes forgets to say so of one run, hardly of five.
  expect(events.some((event) => event.type === 'failure' && event.container === 'oom' && event.oomKilled)).toBe(true)
  expect(kernel.probe().status).toBe('degraded')
  await monitor.restart('oom')
  await until(() => status('oom') === 'failed' && report('oom')!.givenUp)
  await daemon.docker.getContainer('oom').remove({ force: true })
  await until(() => report('oom') === undefined && kernel.probe().status === 'ready')
})

test('a real Prometheus scrapes what happened to them, and promtool finds nothing to mend', async () => {
  const health = healthHandler(monitor)
  const server = createServer((req, res) => void (health(req, res) || res.writeHead(404).end())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
  try {
    expect(lintMetrics(await (await fetch(url)).text())).toBe('')
    await using scraped = await prometheus(url)
    const seen = (query: string) => scraped.query(query).then(([first]) => first)
    const restarts = 'keelson_container_restarts_total{container="killed"}'
    await expect
      .poll(() => seen(restarts), { timeout: 60_000 })
      .toMatchObject({ metric: { monitor: 'workers' }, value: report('killed')!.restarts })
    expect(await seen('keelson_container_status{container="killed",status="healthy"}')).toMatchObject({
      metric: { session: 'moved' },
      value: 1,
    })
    expect(await seen('keelson_container_engine_up')).toMatchObject({ value: 1 })
    const quantile = 'histogram_quantile(0.99, sum(keelson_container_check_duration_seconds_bucket{container="plain1"}) by (le))'
    expect((await seen(quantile))!.value).toBeGreaterThan(0)
  } finally {
    server.close()
  }
})

test('one that is removed leaves the kernel, and its session ends', async () => {
  await daemon.docker.getContainer('removed').remove({ force: true })
  await until(() => report('removed') === undefined)
  await until(() => sessions.includes('ends gone'))
  await until(() => kernel.inspect().resources.every(({ name }) => !name.includes('removed')))
})

test('an engine that restarts under its containers is one unhealthy engine', async () => {
  events.length = 0
  await daemon.stop()
  await until(() => lines().includes('engine-lost'))
  expect(kernel.probe().reasons.map(({ resource }) => resource)).toEqual(['docker'])
  await new Promise((resolve) => setTimeout(resolve, 4_000)) // several intervals
  await daemon.start({ liveRestore: true })
  await until(() => lines().includes('engine-back'))
  const checks = monitor.statistics().checks
  await until(() => monitor.statistics().checks > checks)
  expect(lines(), JSON.stringify(events)).toEqual(['engine-lost', 'engine-back'])
})

test('an engine that takes its containers along leaves none of them failed before it goes, and all are brought back after', async () => {
  await until(() => monitor.statistics().byStatus.healthy === monitor.containers().length)
  await daemon.stop()
  await until(() => monitor.engine().status === 'unhealthy')
  events.length = 0
  await daemon.start() // what a live restore kept running ends with this start
  await until(() => recoveries() >= 8)
  events.length = 0
  await daemon.stop()
  await until(() => monitor.engine().status === 'unhealthy')
  const told = [...events]
  await daemon.start()
  await until(() => lines().includes('engine-back'))
  await until(() => recoveries() >= 8)
  expect(
    told.map(({ type }) => type),
    JSON.stringify(told),
  ).toEqual(['engine-lost'])
})

test('the example shows them in the inspector, and restarts one that is asked for there', async () => {
  const port = await freePort()
  const env = { ...process.env, PORT: String(port), DOCKER_SOCKET: daemon.socketPath, ACTIONS: '1' }
  const main = fileURLToPath(new URL('../../examples/container-monitor/src/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', main], { env, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const page = `http://127.0.0.1:${port}/inspector/`
  try {
    let hello: Hello | undefined
    const rowOf = (name: string) => {
      const panel = hello?.panels.find(({ resource }) => resource === 'workers')
      return panel?.view?.groups.flatMap(({ rows }) => rows).find((row) => row.name === name)
    }
    for (const end = Date.now() + 60_000; rowOf('plain0')?.status !== 'healthy' && Date.now() < end; ) {
      hello = await fetch(`${page}state`).then(
        (response) => response.json() as Promise<Hello>,
        () => undefined,
      )
      if (hello === undefined) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const row = rowOf('plain0')
    expect(row).toMatchObject({ tone: 'ok', status: 'healthy' })
    expect((await fetch(`http://127.0.0.1:${port}/health/container/plain`)).status).toBe(200)
    const restartFrom = (origin: string) =>
      fetch(`${page}actions`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json', 'x-keelson-csrf': hello!.csrf! },
        body: JSON.stringify({ action: 'panel', resource: 'workers', title: 'Containers', id: 'restart', row: row!.id }),
      })
    const before = report('plain0')!.startedAt!
    expect((await restartFrom('http://elsewhere.example')).status).toBe(403)
    expect(await (await restartFrom(`http://127.0.0.1:${port}`)).json()).toMatchObject({ ok: true })
    await until(() => (report('plain0')?.startedAt ?? 0) > before)
  } finally {
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  }
})

test('the trail on disk tells the same story', () => {
  const trail = readFileSync(audit, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const of = (name: string) => trail.filter(({ container }) => container === name).map(({ type }) => type)
  expect(of('killed')).toEqual(expect.arrayContaining(['failure', 'restart', 'recovery']))
  expect(of('oom').filter((type) => type === 'restart').length).toBeGreaterThanOrEqual(3)
  expect(of('oom')).toContain('give-up')
})

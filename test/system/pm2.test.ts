import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@keelson/test-servers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Load } from './load.js'
import { type App, Pm2 } from './pm2.js'

const START = 500
const script = fileURLToPath(new URL('./fixtures/service.mjs', import.meta.url))
const ports = new Map<string, number>()
let pm2: Pm2

async function app(name: string, options: Record<string, unknown> = {}): Promise<App> {
  ports.set(name, await freePort())
  const waits = { wait_ready: true, listen_timeout: 60_000, kill_timeout: 30_000 }
  const quiet = { vizion: false, pmx: false, automation: false }
  return { name, script, ...waits, ...quiet, ...options, env: { PORT: ports.get(name), START, HELPER: 1, QUIET: 1_000 } }
}

const ask = (name: string, path = '/') => fetch(`http://127.0.0.1:${ports.get(name)}${path}`)
const pidOf = async (name: string) => (await ask(name)).text()

beforeAll(async () => {
  pm2 = new Pm2()
  await pm2.start([
    await app('fork', { treekill: false }),
    await app('message', { shutdown_with_message: true }),
    await app('hasty', { kill_timeout: undefined }),
    await app('failing'),
    await app('cluster', { instances: 2, exec_mode: 'cluster', merge_logs: true }),
  ])
}, 120_000)

afterAll(() => pm2?.end(), 60_000)

describe('X5 PM2', () => {
  it('takes a process for online when its kernel runs, and not before', async () => {
    for (const name of ports.keys()) {
      const listed = await pm2.list(name)
      expect(listed.map(({ pm2_env }) => pm2_env.status)).toEqual(name === 'cluster' ? ['online', 'online'] : ['online'])
      expect(listed.map(({ pid }) => String(pid))).toContain(await pidOf(name))
    }
    expect(pm2.said('fork')).toEqual([expect.stringMatching(/^shop is ready in .*; shutdown.timeout is 29 s: PM2 gives 30 s/)])
  })

  it('reloads a cluster under load, and no request is lost', async () => {
    const before = await pm2.list('cluster')
    const load = new Load(`http://127.0.0.1:${ports.get('cluster')}`, 16)
    onTestFinished(() => load.end())
    await later(500)
    const answered = load.answered
    await pm2.run('reload', 'cluster')
    await load.end()
    expect(load.failed).toEqual([])
    expect(load.answered).toBeGreaterThan(answered)
    const after = await pm2.list('cluster')
    expect(after.map(({ pm2_env }) => pm2_env.status)).toEqual(['online', 'online'])
    expect(after.filter(({ pid }) => before.some((one) => one.pid === pid))).toEqual([])
    expect(pm2.log()).not.toContain('SIGKILL')
    expect(ends('_old_')).toEqual(['code [0] via signal [SIGINT]', 'code [0] via signal [SIGINT]'])
  })

  it.concurrent.each(['fork', 'cluster', 'message'])('stops a process (%s) once its requests are answered', async (name) => {
    const signal = name === 'message' ? 'shutdown message' : 'SIGINT'
    const pids = (await pm2.list(name)).map(({ pid }) => `${pid}`).sort()
    const before = pm2.said(name).length
    // One request after the other goes to one worker after the other.
    const held = []
    for (const _ of pids) held.push(await ask(name, '/held?ms=500'))
    await pm2.run('stop', name)
    expect((await Promise.all(held.map((response) => response.text()))).sort()).toEqual(pids)
    expect((await pm2.list(name)).map(({ pm2_env }) => pm2_env.status)).toEqual(pids.map(() => 'stopped'))
    for (const pid of pids) expect(pm2.log()).not.toContain(`Process with pid ${pid} still alive`)
    const said = pm2.said(name).slice(before)
    expect(said.filter((line) => line.startsWith(`${signal}: draining, 1 request in flight`))).toHaveLength(pids.length)
    // Unless treekill is false PM2 sends its signal to the processes of a process, too.
    const helper = name === 'cluster' ? 'SIGINT' : 'still there'
    expect(said.filter((line) => line === `the helper was ${helper}`)).toHaveLength(pids.length)
    expect(said.filter((line) => /^shop stopped in .* exit code 0$/.test(line))).toHaveLength(pids.length)
  })

  it.concurrent('gives 1.6 s when kill_timeout is not set, and what that cuts is told before they are over', async () => {
    const response = await ask('hasty', '/held?ms=10000')
    await pm2.run('stop', 'hasty')
    expect(await response.text().catch(() => 'lost')).toBe('lost')
    expect(pm2.said('hasty')).toEqual(
      expect.arrayContaining([
        expect.stringContaining('shutdown.timeout is 600 ms: PM2 gives 1.6 s (kill_timeout)'),
        expect.stringMatching(/^SIGINT: draining, 1 request in flight/),
        expect.stringMatching(/^shop stopped with 1 error in .* of 600 ms, exit code 1$/),
      ]),
    )
  })

  it.concurrent('starts a process again whose kernel has failed', async () => {
    const [before] = await pm2.list('failing')
    await ask('failing', '/fail')
    const restarted = async () => (await pm2.list('failing'))[0]?.pm2_env.restart_time === 1
    for (const end = Date.now() + 60_000; !(await restarted()); await later(50)) {
      if (Date.now() > end) throw new Error(`PM2 does not start it again:\n${pm2.log()}`)
    }
    expect((await pm2.list('failing'))[0]?.pid).not.toBe(before?.pid)
    expect(ends('failing:')).toEqual(['code [1] via signal [SIGINT]'])
    expect(pm2.said('failing')).toContainEqual(expect.stringContaining('the disk is gone'))
  })
})

/** With what the processes of an application have ended, in the words of PM2. */
function ends(name: string): string[] {
  const lines = pm2
    .log()
    .split('\n')
    .filter((line) => line.includes(name))
  return lines.flatMap((line) => /exited with (.*)$/.exec(line)?.[1] ?? [])
}

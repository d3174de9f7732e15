import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StatusRecord } from '../container/status-history.js'
import { type Scene, scene } from '../test-support/scene.js'
import type { MonitorEventOf } from '../watch/monitor-events.js'
import { readPast } from './audit-past.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'))
  path = join(folder, 'audit.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('history survives a restart of the monitor, and what was told to be down is not told again', async () => {
  const down = async (s: Scene) => {
    const [one] = [...s.engine.containers.values()]
    one!.restarted = () => s.engine.set(one!, { ExitCode: 9 })
    s.engine.exit(one!, 1)
    await s.until(() => s.monitor.history('one').filter(({ status }) => status === 'failed').length >= 3)
    return s.monitor.history('one').filter(({ status }) => status === 'failed')
  }
  let told: readonly StatusRecord[]
  {
    await using s = await scene({ audit: { path } }, (engine) => engine.run('one'))
    told = await down(s)
    expect(s.lines()).toContain('down one')
  }
  {
    await using s = await scene({ audit: { path } }, (engine) => engine.exit(engine.run('one'), 1))
    expect(s.monitor.history('one').slice(0, told.length)).toEqual(
      told.map((record) => ({ ...record, at: Math.floor(record.at) })),
    )
    const [one] = [...s.engine.containers.values()]
    s.engine.set(one!, { Status: 'running', Running: true })
    s.engine.emit('start', one!.id)
    await s.until(() => s.status('one') === 'healthy')
    expect(s.lines()).not.toContain('down one')
    const recovery = s.events.find(({ type }) => type === 'recovery') as MonitorEventOf<'recovery'>
    expect(recovery.downMs).toBeGreaterThan(Math.floor(s.clock.now() - told[0]!.at) - 60_000)
  }
})

test('what is read back is bounded, of the time that is kept, and never an error', async () => {
  const at = (ms: number) => new Date(ms).toISOString()
  const line = (ms: number, id: string, type = 'failure') =>
    `${JSON.stringify({ type, at: at(ms), id, container: id, status: 'failed', reason: 'r', responseMs: 2 })}\n`
  expect(await readPast(path, 0)).toEqual(new Map())
  appendFileSync(`${path}.1`, line(1_000, 'old') + line(5_000, 'a'))
  appendFileSync(
    path,
    `{"cut\n\nnull\n7\n${line(6_000, 'a')}${line(7_000, 'a', 'recovery')}${line(8_000, 'b')}${line(9_000, 'b', 'restart')}`,
  )
  const past = await readPast(path, 2_000)
  expect([...past.keys()]).toEqual(['a', 'b'])
  expect(past.get('a')).toMatchObject({
    records: [{ at: 5_000 }, { at: 6_000, responseMs: 2 }, { at: 7_000, status: 'healthy' }],
    troubleSince: undefined,
  })
  expect(past.get('b')).toEqual({ records: [{ at: 8_000, status: 'failed', responseMs: 2, reason: 'r' }], troubleSince: 8_000 })
  appendFileSync(path, line(10_000, 'c').repeat(60_000))
  const most = (await readPast(path, 0)).get('c')!.records.length
  expect(most * line(10_000, 'c').length).toBeLessThanOrEqual(4 * 1024 * 1024)
  expect(most).toBeGreaterThan(30_000)
  rmSync(path)
  mkdirSync(path)
  expect([...(await readPast(path, 0)).keys()]).toEqual(['old', 'a'])
})

test.each([
  ['empty', ''],
  ['missing', undefined],
])('what older files say is read also where a rotation was cut short, and the newest is %s', async (_, newest) => {
  if (newest !== undefined) appendFileSync(path, newest)
  const line = (id: string) => `${JSON.stringify({ type: 'recovery', id, at: new Date(1_000).toISOString() })}\n`
  appendFileSync(`${path}.1`, line('one'))
  appendFileSync(`${path}.3`, line('three'))
  expect([...(await readPast(path, 0)).keys()]).toEqual(['three', 'one'])
})

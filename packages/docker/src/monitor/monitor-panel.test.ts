import type { PanelRow } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { type Scene, scene } from '../test-support/scene.js'
import type { ScriptedEngine } from '../test-support/scripted-engine.js'

const panelOf = ({ kernel }: Scene) => kernel.panels().find(({ resource }) => resource === 'workers')!.panel
const factsOf = ({ facts = [] }: PanelRow) => Object.fromEntries(facts.map(({ label, value }) => [label, value]))

/** Two sessions, and one container without. `a2` does not come back. */
function engineOf(engine: ScriptedEngine) {
  engine.run('b1', { app: 'worker', session: 'b' })
  engine.run('a1', { app: 'worker', session: 'a' })
  const a2 = engine.run('a2', { app: 'worker', session: 'a' })
  a2.restarted = () => engine.exit(a2, 1)
  engine.run('alone')
}

const OPTIONS = { sessionOf: ({ labels }: { labels: Readonly<Record<string, string>> }) => labels.session, restartAttempts: 1 }

test('shows what fails on top, containers by their session, and why, with the last checks of each', async () => {
  await using s = await scene(OPTIONS, engineOf)
  s.engine.exit([...s.engine.containers.values()][2]!, 3)
  await s.until(() => s.lines().includes('give-up a2'))
  const { at, stale, facts, groups } = await panelOf(s).read()
  expect([at, stale]).toEqual([s.clock.now(), undefined])
  expect(facts?.map(({ label, value }) => `${label} ${value}`)).toEqual(
    expect.arrayContaining(['containers 4', 'failed 1', 'healthy 3', 'given up 1', 'restarts 1']),
  )
  expect(groups.map(({ title, rows }) => [title, rows.map(({ name, tone, status }) => `${name} ${tone} ${status}`)])).toEqual([
    ['a', ['a2 bad failed for good', 'a1 ok healthy']],
    ['without a session', ['alone ok healthy']],
    ['b', ['b1 ok healthy']],
  ])
  const [failed, healthy] = groups[0]!.rows
  expect(failed?.reason).toContain('code 1')
  expect(factsOf(failed!)).toMatchObject({ 'exit code': '1', restarts: '1', answer: expect.stringMatching(/^\d+\.\d ms$/) })
  expect(failed?.history?.map(({ tone }) => tone)).toContain('bad')
  expect(failed?.series?.values).toHaveLength(failed!.history!.length)
  expect(healthy?.history?.at(-1)).toMatchObject({ tone: 'ok', text: 'healthy' })
  expect(healthy?.series?.unit).toBe('ms')
  expect(JSON.parse(JSON.stringify(groups))).toEqual(groups)
})

test('while the engine is away, says since when, and what was known then', async () => {
  await using s = await scene(OPTIONS, engineOf)
  await s.engine.stop()
  await s.until(() => s.monitor.engine().status === 'unhealthy')
  const { since } = s.monitor.engine()
  await s.pass(60_000)
  const { at, stale, groups } = await panelOf(s).read()
  expect(at).toBe(since)
  expect(stale).toMatch(new RegExp(`^the engine is away since ${new Date(since).toISOString().slice(11, 19)} UTC: .+`))
  expect(groups.flatMap(({ rows }) => rows.map(({ tone }) => tone))).toEqual(['ok', 'ok', 'ok', 'ok'])
  await s.engine.start()
  await s.until(() => s.monitor.engine().status === 'healthy')
  expect((await panelOf(s).read()).stale).toBeUndefined()
})

test('restarts one that is asked for, and nothing else', async () => {
  await using s = await scene(OPTIONS, engineOf)
  const { act, read } = panelOf(s)
  const [row] = (await read()).groups.flatMap(({ rows }) => rows).filter(({ name }) => name === 'a1')
  expect(row?.actions).toEqual([{ id: 'restart', label: 'Restart', confirm: 'Restart a1?' }])
  const before = s.engine.count(/restart$/)
  const told = act!('restart', row!.id)
  await s.until(() => s.engine.count(/restart$/) > before)
  expect(await told).toBe('a1 is restarted')
  await expect(Promise.resolve(act!('restart', 'nobody'))).rejects.toThrow('there is no such container any more')
  await expect(Promise.resolve(act!('remove', row!.id))).rejects.toThrow('there is no such container any more')
})

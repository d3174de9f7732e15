import { fileURLToPath } from 'node:url'
import type { PanelRow, PanelView } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { runningProxy } from '../test-support/running-proxy.js'
import { sdkClient } from '../test-support/sdk-client.js'

const SERVER = fileURLToPath(new URL('../test-support/scripted-server.mjs', import.meta.url))
const scripted = (more: object = {}) => ({ command: process.execPath, args: [SERVER], ...more })

async function shown(mcpServers: object) {
  const proxy = await runningProxy({ mcpServers })
  const { panel } = proxy.kernel.panels().find(({ resource }) => resource === 'proxy:servers')!
  const view = async (): Promise<PanelView> => panel.read()
  const row = async (name: string): Promise<PanelRow> => (await view()).groups[0]!.rows.find(({ id }) => id === name)!
  const fact = async (name: string, label: string) => (await row(name)).facts!.find((each) => each.label === label)?.value
  return { ...proxy, panel, view, row, fact }
}

it('shows each server with what it has, its calls and how long they took, what fails on top and why', async () => {
  const limit = { limit: 2, window: 600_000 }
  const { url, panel, view, row, fact } = await shown({
    good: scripted({ limit }),
    absent: { command: 'no-such-command-here' },
    own: scripted({ isolated: true }),
  })
  expect(panel.title).toBe('MCP servers')
  expect((await view()).groups[0]!.rows.map(({ id, tone }) => [id, tone])).toEqual([
    ['absent', expect.stringMatching(/bad|warn/)],
    ['good', 'ok'],
    ['own', 'idle'],
  ])
  expect((await row('absent')).reason).toContain('command "no-such-command-here" not found')
  const { text } = await sdkClient(url)
  const sleeping = text('good__sleep', { ms: 300 })
  await expect.poll(() => fact('good', 'in flight')).toBe('1')
  await sleeping
  await text('good__echo', { message: 'x' })
  await expect(text('good__echo', { message: 'x' })).rejects.toThrow('takes 2 calls')
  await text('own__echo', { message: 'x' })
  const facts = (await row('good')).facts!.map(({ label, value }) => `${label} ${value}`)
  expect(facts).toEqual(['tools 10', 'resources 0', 'prompts 0', 'calls 3', 'in flight 0', 'refused 1', 'restarts 0'])
  expect((await row('good')).series).toEqual({ unit: 'ms', values: [expect.any(Number), expect.any(Number), expect.any(Number)] })
  expect(await row('own')).toMatchObject({ status: '1 sessions', tone: 'ok' })
  expect((await view()).facts).toContainEqual({ label: 'calls', value: '4' })
  const seen = await view()
  expect(JSON.parse(JSON.stringify(seen))).toEqual(seen)
})

it('restarts the server of a row, of one that is isolated the sessions of all clients, and no other', async () => {
  const { url, panel, fact } = await shown({ one: scripted(), two: scripted(), own: scripted({ isolated: true }) })
  const { text } = await sdkClient(url)
  const pids = () => Promise.all(['one', 'two', 'own'].map((name) => text(`${name}__pid`)))
  const before = await pids()
  expect(await panel.act!('restart', 'one')).toBe('one is restarted')
  expect(await panel.act!('restart', 'own')).toBe('own is restarted')
  const after = await pids()
  expect(after.map((pid, n) => pid === before[n])).toEqual([false, true, false])
  await expect(panel.act!('restart', 'three')).rejects.toThrow('there is no such server any more')
  await expect(panel.act!('stop', 'one')).rejects.toThrow('there is no such server any more')
  expect(Number(await fact('one', 'calls'))).toBe(2)
})

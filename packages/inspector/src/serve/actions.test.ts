import { type Kernel, type Panel, resource, type StartContext } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import type { ActionRequest, Hello } from '../protocol.js'
import { ask, inspected, Page, running } from '../test-support/serve.js'

/** An inspector that allows actions, and one that asks for them as the page does. */
async function acting(kernel: Kernel) {
  const { url } = await inspected(kernel, { actions: true })
  const { csrf }: Hello = JSON.parse((await ask(`${url}/state`)).body)
  const headers = { 'content-type': 'application/json', 'x-keelson-csrf': csrf! }
  const post = (body: string, more: Record<string, string> = {}) =>
    ask(`${url}/actions`, { method: 'POST', headers: { ...headers, ...more }, body })
  const act = async (request: ActionRequest) => JSON.parse((await post(JSON.stringify(request))).body)
  return { url, post, act }
}

describe('I6 actions', () => {
  it('check, restart, rotate, cordon and uncordon, with an answer in words', async () => {
    let ok = true
    const db = resource('db', {
      start: () => 1,
      check: () => {
        if (!ok) throw new Error('connect mongodb://root:hunter2@10.0.0.7')
      },
    })
    const kernel = await running([
      db,
      resource('plain', { start: () => 1 }),
      resource('api', { dependsOn: { db }, start: () => 1 }),
    ])
    const { url, act } = await acting(kernel)
    const page = new Page(url)
    expect(await act({ action: 'check', resource: 'db' })).toEqual({
      ok: true,
      text: expect.stringMatching(/^db passed its check in \d+ ms$/),
    })
    ok = false
    const failed = await act({ action: 'check', resource: 'db' })
    expect(failed).toEqual({ ok: false, text: expect.stringMatching(/^db failed its check: .*mongodb:\/\/\*\*\*@10\.0\.0\.7/) })
    ok = true
    expect(await act({ action: 'check', resource: 'plain' })).toEqual({ ok: false, text: 'plain has no check' })
    expect(await act({ action: 'restart', resource: 'plain' })).toMatchObject({
      ok: true,
      text: expect.stringMatching(/^plain was restarted in \d+ ms$/),
    })
    expect(await act({ action: 'rotate', resource: 'plain' })).toMatchObject({ ok: true })
    expect(await act({ action: 'rotate', resource: 'db' })).toEqual({
      ok: false,
      text: expect.stringContaining('cannot be rotated: "api" holds its value'),
    })
    expect(await act({ action: 'check', resource: 'nobody' })).toEqual({
      ok: false,
      text: 'there is no resource nobody, or several that look the same',
    })
    expect(await act({ action: 'cordon', reason: ' maintenance ' })).toMatchObject({ ok: true })
    expect(kernel.probe()).toMatchObject({ ready: false, reasons: [{ message: 'cordoned: maintenance' }] })
    expect(await act({ action: 'cordon', reason: ' ' })).toMatchObject({ ok: false, text: expect.stringContaining('say why') })
    expect(await act({ action: 'uncordon' })).toMatchObject({ ok: true })
    expect(kernel.probe().ready).toBe(true)
    await expect.poll(() => page.texts).toContain('plain: restart, asked for in the inspector')
  })

  it('shut down only what is confirmed by its name', async () => {
    const kernel = await running([])
    const { act } = await acting(kernel)
    expect(await act({ action: 'shutdown', confirm: 'sho' })).toEqual({
      ok: false,
      text: 'to confirm it, give the name of the kernel: shop',
    })
    expect(kernel.state).toBe('running')
    expect(await act({ action: 'shutdown', confirm: 'shop' })).toEqual({ ok: true, text: 'shop shuts down' })
    expect((await kernel.stopped).reason).toBe('asked for in the inspector')
  })

  it('what fails in the kernel is said, and nothing else', async () => {
    const kernel = await running([resource('db', { start: () => 1 })])
    const { act, post } = await acting(kernel)
    await kernel.shutdown()
    expect(await act({ action: 'restart', resource: 'db' })).toMatchObject({
      ok: false,
      text: expect.stringContaining('cannot restart "db" while it is stopped'),
    })
    for (const body of [
      '',
      '{',
      'null',
      '7',
      '[]',
      '{"action":"fail"}',
      '{"action":"__proto__"}',
      '{"action":"check"}',
      '{"action":"check","resource":7}',
    ])
      expect(await post(body)).toMatchObject({ status: 200, body: '{"ok":false,"text":"there is no such action"}' })
  })

  it('[I5] are refused where they are not allowed, or come from elsewhere', async () => {
    const kernel = await running([])
    const { url } = await inspected(kernel)
    const body = JSON.stringify({ action: 'shutdown', confirm: 'shop' })
    const plain = await ask(`${url}/actions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-keelson-csrf': 'x' },
      body,
    })
    expect(plain).toMatchObject({
      status: 403,
      body: '{"ok":false,"text":"only looking is allowed here; the option actions allows more"}',
    })
    const { post, url: open } = await acting(kernel)
    const refused = async (headers: Record<string, string>) => (await post(body, headers)).status
    expect(await refused({ 'x-keelson-csrf': 'x' })).toBe(403)
    expect(await refused({ origin: 'http://evil.example' })).toBe(403)
    expect(await refused({ origin: 'null' })).toBe(403)
    expect(await refused({ 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await refused({ host: 'evil.example' })).toBe(403)
    expect(await refused({ 'content-type': 'text/plain' })).toBe(415)
    expect((await post('x'.repeat(20_000))).status).toBe(413)
    expect((await ask(`${open}/actions`)).status).toBe(405)
    expect(kernel.state).toBe('running')
  })
})

/** A resource with this panel. */
const showing = (panel: Panel) => resource('monitor', { start: (_, ctx: StartContext) => void ctx.panel(panel) })

describe('I7 panels', () => {
  it('show what a resource watches, and do what their rows offer', async () => {
    const done: string[] = []
    let status = 'healthy'
    const kernel = await running([
      showing({
        title: 'Containers',
        read: () => ({
          at: Date.now(),
          facts: [{ label: 'engine', value: 'tcp://root:hunter2@10.0.0.7' }],
          groups: [{ rows: [{ id: 'c1', name: 'web', tone: 'ok', status, actions: [{ id: 'restart', label: 'Restart' }] }] }],
        }),
        act: (action, row) => {
          done.push(`${action} ${row}`)
          return `${row} is restarted`
        },
      }),
    ])
    const { url, act } = await acting(kernel)
    const page = new Page(url)
    await expect
      .poll(() => page.messages.length && page.latest('panels'))
      .toMatchObject([
        { resource: 'monitor', title: 'Containers', view: { groups: [{ rows: [{ id: 'c1', status: 'healthy' }] }] } },
      ])
    expect(JSON.stringify(page.messages)).not.toContain('hunter2')
    status = 'failed'
    await expect.poll(() => JSON.stringify(page.latest('panels')), { timeout: 8_000 }).toContain('"status":"failed"')
    const panel = { action: 'panel', resource: 'monitor', title: 'Containers', row: 'c1', id: 'restart' } as const
    expect(await act(panel)).toEqual({ ok: true, text: 'c1 is restarted' })
    for (const wrong of [{ id: 'remove' }, { row: 'c2' }, { title: 'x' }, { resource: 'db' }])
      expect(await act({ ...panel, ...wrong })).toMatchObject({
        ok: false,
        text: expect.stringContaining('does not offer this any more'),
      })
    expect(done).toEqual(['restart c1'])
  })

  it('say why they cannot be read, and keep nothing else waiting', async () => {
    const wrong = [
      { title: 'throws', read: () => { throw new Error('no engine') } }, // biome-ignore format: one thought
      { title: 'is none', read: () => 7 },
      { title: 'has no groups', read: () => ({ at: 0 }) },
      { title: 'hangs', read: () => new Promise(() => {}) },
    ] as unknown as Panel[]
    const monitor = resource('monitor', {
      start(_, ctx: StartContext) {
        for (const panel of wrong) ctx.panel(panel)
      },
    })
    const kernel = await running([monitor])
    const { url } = await inspected(kernel)
    const page = new Page(url)
    await expect.poll(() => page.messages.length).toBeGreaterThan(0)
    await expect
      .poll(() => page.latest('panels').map(({ title, error }) => `${title}: ${error}`), { timeout: 10_000 })
      .toEqual([
        'throws: no engine',
        'is none: its panel told no groups',
        'has no groups: its panel told no groups',
        'hangs: it has not answered for 3 s',
      ])
  })
})

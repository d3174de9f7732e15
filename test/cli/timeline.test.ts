import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fixture, keelson } from './keelson.js'

const folder = mkdtempSync(join(tmpdir(), 'keelson-timeline-'))
afterAll(() => rmSync(folder, { recursive: true }))

const slow = fixture('slow-start.ts')
const timeline = (args: string[], env?: NodeJS.ProcessEnv) => keelson(['timeline', ...args], env)

describe.concurrent('CL4 keelson timeline', () => {
  it('starts a service for real, says so, shows what took how long, and stops it', async () => {
    const { code, out, err } = await timeline([slow])
    expect(code).toBe(0)
    expect(err).toMatch(/starting slow-start for real, and shutting it down again\n[\s\S]*db has stopped/)
    expect(out).toMatch(/^slow-start: running after \d/)
    expect(out).toMatch(/^db +━+ +\d+ ms\n {2}connect +·+ +\d+ ms\napi +━+ +\d+ ms$/m)
  })

  it('loads what it starts as Node does: the default export of CommonJS is what it exports', async () => {
    const { code, out } = await timeline(['examples/chat/src/main.ts'], { PORT: '0', PROBE_PORT: '0' })
    expect(code).toBe(0)
    expect(out).toMatch(/^chat: running after \d/)
  })

  it('is a gate: code 1 when something has become slower, with its name', async () => {
    const base = join(folder, 'base.json')
    const saved = await timeline([slow, '--save', base, '--runs', '2'])
    expect(saved.code).toBe(0)
    expect(saved.err).toMatch(/for real, 2 times/)
    expect(JSON.parse(readFileSync(base, 'utf8'))).toMatchObject({
      kernel: 'slow-start',
      runs: [expect.any(Number), expect.any(Number)],
    })

    const [regression, tolerated, shown] = await Promise.all([
      timeline([slow, '--compare', base, '--runs', '1', '--json'], { DB_MS: '3000' }),
      timeline([slow, '--compare', base, '--runs', '1', '--tolerance', '99999%'], { DB_MS: '300' }),
      timeline([base, '--compare', base]),
    ])
    expect(regression.code).toBe(1)
    const { ok, compared } = JSON.parse(regression.out) as { ok: boolean; compared: { resource?: string; slower: boolean }[] }
    expect(ok).toBe(false)
    expect(compared.filter(({ slower }) => slower).map(({ resource }) => resource)).toEqual([undefined, 'db'])
    expect(tolerated.code).toBe(0)
    expect(tolerated.out).toMatch(/not slower, with a tolerance of 99999%/)
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(shown.out).toMatch(/the whole +.*\+0 ms \(\+0%\)/)
  })

  it('tells why a service does not start, without its secrets', async () => {
    const [once, apart] = await Promise.all([timeline([slow], { FAILS: '1' }), timeline([slow, '--runs', '2'], { FAILS: '1' })])
    for (const { code, out, err } of [once, apart]) {
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(err).toMatch(/keelson: it does not start: .*resource "db" failed to start/)
      expect(err).not.toContain('hunter2')
    }
  })

  it('says before it starts anything that a file cannot be written or read', async () => {
    const [unwritable, folderGiven, unread] = await Promise.all([
      timeline([slow, '--save', join(folder, 'none', 'base.json')]),
      timeline([slow, '--save', folder]),
      timeline([slow, '--compare', join(folder, 'none.json')]),
    ])
    expect(unwritable).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^keelson: .*base\.json cannot be written: there is no such folder\n$/),
    })
    expect(folderGiven).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^keelson: .* cannot be written: it is a folder\n$/),
    })
    expect(unread).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^keelson: .*none\.json cannot be read: there is no such file\n$/),
    })
  })

  it.each([
    ['{}', 'is no timeline that keelson has saved'],
    ['{', 'cannot be read'],
  ])('a base of %j is told', async (content, words) => {
    const file = join(folder, `${words.length}.json`)
    writeFileSync(file, content)
    const { code, err } = await timeline([slow, '--compare', file])
    expect(code).toBe(3)
    expect(err).toContain(words)
  })
})

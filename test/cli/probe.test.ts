import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@keelson/test-servers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { keelson } from './keelson.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
let service: ChildProcess
let port: number
/** What the service has told, oldest first. */
const said: object[] = []

beforeAll(async () => {
  port = await freePort()
  service = fork(join(root, 'test', 'cli', 'fixtures', 'probed.mjs'), {
    env: { ...process.env, PORT: String(port) },
    silent: true,
  })
  service.on('message', (message) => said.push(message as object))
  await until('state', 'running')
})

afterAll(async () => {
  const exit = once(service, 'exit')
  service.disconnect()
  await exit
})

async function until(what: string, value: unknown): Promise<void> {
  while (!said.some((message) => Reflect.get(message, what) === value)) await once(service, 'message')
}

describe('MF2 keelson probe', () => {
  it('is 0 with one line while the service is ready, and 1 with the reasons when it is not', async () => {
    expect(await keelson(['probe', `:${port}`, '--timeout', '60'])).toEqual({
      code: 0,
      out: expect.stringMatching(new RegExp(`^ok {2}http://127\\.0\\.0\\.1:${port}/readyz {2}200 ready {2}\\d+ ms\\n$`)),
      err: '',
    })
    service.send('fail')
    await until('ready', false)
    const [brief, verbose, live, quiet] = await Promise.all([
      keelson(['probe', `:${port}/readyz`, '--timeout', '60']),
      keelson(['probe', `:${port}/readyz?verbose`, '--timeout', '60']),
      keelson(['probe', `:${port}/livez`, '--timeout', '60']),
      keelson(['probe', `:${port}`, '--quiet']),
    ])
    expect(brief).toMatchObject({ code: 1, out: expect.stringMatching(/^failed {2}\S+ {2}503 unready {2}\d+ ms\n$/), err: '' })
    expect(verbose).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^failed .* 503 ready: unready .*\n {2}\[-\] queue.*connection lost.*\n$/),
    })
    expect(live.code).toBe(0)
    expect(quiet).toEqual({ code: 1, out: '', err: '' })
  })

  it('is 1 where nobody answers', async () => {
    const none = await freePort()
    expect(await keelson(['probe', `:${none}`])).toMatchObject({ code: 1, out: expect.stringContaining('connect ECONNREFUSED') })
  })

  it('loads nothing but itself: no other command, no kernel, nothing that is installed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-probe-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const loadedBy = async (...args: string[]) => {
      const NODE_V8_COVERAGE = join(folder, args[0]!)
      await keelson(args, { NODE_V8_COVERAGE })
      const [report = ''] = readdirSync(NODE_V8_COVERAGE)
      const { result } = JSON.parse(readFileSync(join(NODE_V8_COVERAGE, report), 'utf8')) as { result: { url: string }[] }
      return result.flatMap(({ url }) => (url.startsWith('file:') ? [relative(root, fileURLToPath(url))] : []))
    }
    const probe = await loadedBy('probe', `:${port}/livez`)
    const plan = await loadedBy('plan', 'examples/quickstart/src/main.ts')
    const cli = (path: string) => path.startsWith('packages/cli/dist/')
    expect(probe.filter((path) => !cli(path))).toEqual([])
    expect(plan.filter((path) => !cli(path))).not.toEqual([])
    expect(probe.length).toBeLessThan(plan.filter(cli).length)
  })
})

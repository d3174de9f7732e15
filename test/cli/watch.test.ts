import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { BIN, keelson } from './keelson.js'

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

async function service(env: NodeJS.ProcessEnv = {}): Promise<{ child: ChildProcess; port: number }> {
  const file = fileURLToPath(new URL('fixtures/watched.mjs', import.meta.url))
  const child = fork(file, { env: { ...process.env, ...env } })
  children.push(child)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}

/** Looks at a service; with a terminal, of 90 × 20, when `script` lends one. */
function watching(url: string, env: NodeJS.ProcessEnv = {}, terminal = false) {
  const { NO_COLOR, FORCE_COLOR, ...inherited } = process.env
  const args = [BIN, 'watch', url, '--interval', '100ms']
  const [command, list] = terminal
    ? ['script', ['-qefc', `stty cols 90 rows 20; exec ${[process.execPath, ...args].join(' ')}`, '/dev/null']]
    : [process.execPath, args]
  const child = spawn(command as string, list as string[], {
    env: { ...inherited, TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  children.push(child)
  const seen = { out: '', err: '' }
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    seen.out += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    seen.err += text
  })
  return { child, seen, exit: once(child, 'close') as Promise<[number | null, string | null]> }
}

const script = spawnSync('script', ['-qefc', 'true', '/dev/null']).status === 0

describe('CL5 keelson watch', () => {
  it.each([
    ['an inspector', { INSPECTOR: '1', TOKEN: 'a-token-of-24-characters' }],
    ['the probes', {}],
  ])('tells by %s what changes, and goes on when the service comes back', async (_, env) => {
    const { child, port } = await service(env)
    const { child: looker, seen, exit } = watching(`127.0.0.1:${port}`, { KEELSON_INSPECTOR_TOKEN: 'a-token-of-24-characters' })
    await expect.poll(() => seen.out).toMatch(/^\d\d:\d\d:\d\d watched: (running, )?ready\n\S+ db: running\n\S+ api: running\n/)
    child.send('unhealthy')
    await expect.poll(() => seen.out).toMatch(/ db: running, unhealthy: .*connection lost/)
    child.kill('SIGKILL')
    await expect.poll(() => seen.out).toMatch(/ stale: http:\/\/127\.0\.0\.1:\d+\/\w+: \S/)
    await service({ ...env, PORT: String(port) })
    await expect.poll(() => seen.out).toMatch(/ seen again: .*\n[\s\S]* db: running, healthy again/)
    looker.kill('SIGINT')
    expect(await exit).toEqual([0, null])
    expect(seen.err).toBe('')
    expect(seen.out).not.toContain('\x1b')
  })

  it.runIf(script)('is a table on a terminal, which is as it was at the end', async () => {
    const { child, port } = await service({ INSPECTOR: '1' })
    const { child: looker, seen, exit } = watching(`http://127.0.0.1:${port}`, {}, true)
    await expect.poll(() => seen.out).toMatch(/watched[\s\S]*db[\s\S]*3 open/)
    expect(seen.out).toContain('\x1b[?1049h')
    child.send('cordon')
    await expect.poll(() => seen.out).toMatch(/cordoned: maintenance/)
    looker.stdin!.write('\x03')
    expect((await exit)[0]).toBe(0)
    expect(seen.out).toContain('\x1b[?25h\x1b[?1049l')
  })

  it('says why it cannot look', async () => {
    const [locked, plain] = await Promise.all([
      service({ INSPECTOR: '1', TOKEN: 'a-token-of-24-characters' }),
      service({ DETAILS: '0' }),
    ])
    const [none, token, nobody, path] = await Promise.all([
      keelson(['watch', `127.0.0.1:${locked.port}`]),
      keelson(['watch', `127.0.0.1:${locked.port}`], { KEELSON_INSPECTOR_TOKEN: 'another-token-of-24-chars' }),
      keelson(['watch', '127.0.0.1:1']),
      keelson(['watch', `127.0.0.1:${plain.port}/elsewhere`]),
    ])
    expect(none).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringMatching(/refuses: .*\n {2}put its token into KEELSON_INSPECTOR_TOKEN/),
    })
    expect(token).toMatchObject({ code: 4, err: expect.stringMatching(/put the right token into/) })
    expect(token.err).not.toContain('another-token')
    expect(nobody).toMatchObject({ code: 4, err: expect.stringMatching(/does not answer: connect ECONNREFUSED/) })
    expect(path).toMatchObject({ code: 4, err: expect.stringMatching(/there is no inspector at .*\/elsewhere \(404\)/) })
  })
})

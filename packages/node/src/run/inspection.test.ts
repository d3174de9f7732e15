import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspector } from '@keelson/inspector'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ask } from '../test-support/ask.js'
import { keepEntries } from '../test-support/said.js'
import { run } from './run.js'
import type { RunOptions } from './run-options.js'

for (const name of ['KUBERNETES_SERVICE_HOST', 'NOTIFY_SOCKET']) vi.stubEnv(name, undefined)

const probes = { port: 0, host: '127.0.0.1' }

/** A run, where its page is, and everything that was said. */
async function shown(kernel: Kernel, options: RunOptions) {
  const { log, lines, entries } = keepEntries()
  const code = run(kernel, { exit: false, log, ...options })
  onTestFinished(async () => {
    await kernel.shutdown().catch(() => {})
    await code
  })
  const line = () => entries.find(({ fields }) => fields.event === 'run:inspector')
  await expect.poll(line).toBeDefined()
  return { code, lines, url: String(line()!.fields.url), message: line()!.message }
}

/** Everything that a page is told until its stream ends; resolves when it has begun. */
async function look(url: string): Promise<{ ended: Promise<{ kernel?: { state: string }; last?: true }[]> }> {
  const [response] = (await once(get(`${url}events`, { agent: false }), 'response')) as [IncomingMessage]
  const ended = response.toArray().then((chunks) =>
    Buffer.concat(chunks as Buffer[])
      .toString()
      .split('\n\n')
      .filter(Boolean)
      .map((message) => JSON.parse(message.slice('data: '.length))),
  )
  return { ended }
}

describe('I5 run() with an inspector', () => {
  it('has it beside the probes, from before the start to after the end', async () => {
    let started = () => {}
    let drained = () => {}
    const db = resource('db', {
      start: () => new Promise<void>((resolve) => (started = resolve)),
      drain: () => new Promise<void>((resolve) => (drained = resolve)),
    })
    const kernel = createKernel([db], { name: 'shop' })
    const { code, lines, url } = await shown(kernel, { inspector: true, probes })
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/inspector\/$/)
    expect(lines[0]).toBe(`info: shop is shown at ${url}`)
    expect((await ask(url)).body).toContain('<title>Keelson inspector</title>')
    expect(await ask(new URL('/readyz', url).href)).toMatchObject({ status: 503, body: 'starting' })
    const { ended: messages } = await look(url)
    await expect.poll(() => kernel.state).toBe('starting')
    started()
    await expect.poll(() => kernel.state).toBe('running')
    const ended = kernel.shutdown('deploy')
    await expect.poll(() => kernel.inspect(db).state).toBe('draining')
    expect((await ask(`${url}state`)).body).toContain('"state":"draining"')
    drained()
    await ended
    expect(await code).toBe(0)
    const told = await messages
    expect(told.at(-1)).toMatchObject({ kernel: { state: 'stopped' }, last: true })
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
  })

  it('has a server of its own without probes, on another port where that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const { url, message } = await shown(createKernel([], { name: 'shop' }), { inspector: { port, path: '/look' } })
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/look\/$/)
    expect(message).toBe(`shop is shown at ${url} (port ${port} is in use)`)
    expect((await ask(url)).status).toBe(200)
    expect((await ask(new URL('/', url).href)).status).toBe(404)
  })

  it('takes one that is made already', async () => {
    const kernel = createKernel([], { name: 'shop' })
    const { url } = await shown(kernel, { inspector: inspector(kernel, { path: '/made' }), probes })
    expect((await ask(`${url}state`)).body).toContain('"name":"shop"')
  })

  it('shows a kernel that failed, and says what the platform grants', async () => {
    vi.stubEnv('FLY_APP_NAME', 'shop')
    const kernel = createKernel([resource('db', { start: () => 1 })])
    const { url } = await shown(kernel, { inspector: true, probes, onFailure: 'wait' })
    vi.stubEnv('FLY_APP_NAME', undefined)
    await expect.poll(() => kernel.state).toBe('running')
    kernel.fail(new Error('out of luck'))
    const { body } = await ask(`${url}state`)
    expect(JSON.parse(body)).toMatchObject({
      kernel: { state: 'failed', probe: { live: false } },
      plan: { budget: { platform: 'Fly', graceMs: 5_000, timeoutMs: 4_000 } },
    })
  })

  it.each([
    [{ inspector: { token: 'short' } }, 'shop did not start: its inspector: inspector(): token must have at least 16 characters'],
    [{ inspector: { tokens: 'x' } }, 'shop did not start: its inspector: inspector(): tokens is not an option'],
  ])('does not start with %j', async (options, message) => {
    const { log, lines } = keepEntries()
    const start = vi.fn()
    const kernel = createKernel([resource('db', { start })], { name: 'shop' })
    expect(await run(kernel, { exit: false, log, probes, ...(options as RunOptions) })).toBe(1)
    expect(lines.join('\n')).toContain(message)
    expect(start).not.toHaveBeenCalled()
  })

  it.each([
    [{ inspector: 'yes' }, /run\(\): inspector must be true, false, options/],
    [{ inspector: { port: '7300' } }, /inspector\.port must be a number, not a string/],
  ])('refuses %j', async (options, message) => {
    await expect(run(createKernel(), options as never)).rejects.toThrow(message)
  })
})

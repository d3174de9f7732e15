import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { describe, expect, it } from 'vitest'
import { overHttp, ProxyProcess, real, refusal, scripted, textOf } from './proxy.js'

const SERVERS = { one: real('everything'), two: real('everything') }

/** Calls that are in flight at both servers, the proof being their first progress. */
async function inFlight(client: Client, count: number, seconds: number): Promise<Promise<unknown>[]> {
  const begun: Promise<void>[] = []
  const calls = Array.from({ length: count }, (_, n) => {
    const name = `${n % 2 === 0 ? 'one' : 'two'}__trigger-long-running-operation`
    return new Promise<unknown>((resolve, reject) => {
      begun.push(
        new Promise((first) => {
          const request = { name, arguments: { duration: seconds, steps: seconds * 10 } }
          client.callTool(request, undefined, { onprogress: () => first() }).then(resolve, reject)
        }),
      )
    })
  })
  await Promise.all(begun)
  return calls
}

const COMPLETED = { content: [{ text: expect.stringContaining('completed') }] }

describe('SIGTERM', () => {
  it('over stdio: every call in flight is answered, those too that were sent the moment before', async () => {
    const proxy = new ProxyProcess(SERVERS, '--stdio')
    const client = await proxy.stdio()
    const calls = await inFlight(client, 20, 2)
    const late = Array.from({ length: 10 }, () => client.callTool({ name: 'one__echo', arguments: { message: 'late' } }))
    proxy.child.kill('SIGTERM')
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject(COMPLETED)
    for (const answer of await Promise.all(late)) expect(answer).toMatchObject({ content: [{ text: 'Echo: late' }] })
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    expect(proxy.servers).toEqual([])
  })

  it('over stdio: so is one in a session that its client has for itself', async () => {
    const proxy = new ProxyProcess({ one: { ...scripted(), isolated: true } }, '--stdio')
    const client = await proxy.stdio()
    const call = textOf(client, 'one__sleep', { ms: 500 })
    await proxy.said('[one] sleeping')
    proxy.child.kill('SIGTERM')
    expect(await call).toBe('done')
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    expect(proxy.servers).toEqual([])
  })

  it('while a call is in flight, those that still come are answered too, whichever server they are for', async () => {
    const proxy = new ProxyProcess({ one: scripted(), two: scripted() }, '--stdio')
    const client = await proxy.stdio()
    const until = join(proxy.folder, 'enough')
    const call = textOf(client, 'one__hold', { until })
    await proxy.said('[one] holding')
    proxy.child.kill('SIGTERM')
    await proxy.said('draining')
    expect(await textOf(client, 'two__echo', { message: 'late' })).toBe('late')
    expect(await textOf(client, 'one__echo', { message: 'late' })).toBe('late')
    writeFileSync(until, '')
    expect(await call).toBe('done')
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    expect(proxy.servers).toEqual([])
  })

  it('over HTTP: every call in flight of every client is answered, and standing streams end', async () => {
    const proxy = new ProxyProcess(SERVERS, '--port', '0')
    const port = await proxy.port()
    const clients = await Promise.all([overHttp(port), overHttp(port), overHttp(port)])
    const calls = (await Promise.all(clients.map((client) => inFlight(client, 8, 2)))).flat()
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    proxy.child.kill('SIGTERM')
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject(COMPLETED)
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    expect(proxy.servers).toEqual([])
  })
})

describe.each([
  ['stdio', '--stdio', (proxy: ProxyProcess) => proxy.stdio()],
  ['HTTP', '--port=0', async (proxy: ProxyProcess) => overHttp(await proxy.port())],
])('D3: over %s a call in flight at SIGTERM', (_, argument, connect) => {
  it('gets what the budget leaves: three seconds of it are nothing', async () => {
    const proxy = new ProxyProcess({ one: scripted() }, argument)
    const client = await connect(proxy)
    const call = textOf(client, 'one__sleep', { ms: 3_000 })
    await proxy.said('[one] sleeping')
    proxy.child.kill('SIGTERM')
    expect(await call).toBe('done')
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
  })

  it('is answered at the end of the budget with an error that says why', async () => {
    const proxy = new ProxyProcess({ one: scripted() }, argument, '--shutdown-timeout', '3000')
    const client = await connect(proxy)
    const call = refusal(textOf(client, 'one__sleep', { ms: 3_600_000 }))
    await proxy.said('[one] sleeping')
    const before = Date.now()
    proxy.child.kill('SIGTERM')
    const { message, data } = await call
    expect(message).toContain('server "one" was lost during this call (the proxy is shutting down)')
    expect(data).toEqual({ server: 'one', reason: 'lost' })
    // Not at once: it had its time.
    expect(Date.now() - before).toBeGreaterThan(1_000)
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    expect(proxy.servers).toEqual([])
  })
})

describe('the end of standard input', () => {
  it('ends the proxy cleanly', async () => {
    const proxy = new ProxyProcess(SERVERS, '--stdio')
    const client = await proxy.stdio()
    expect(proxy.servers).toHaveLength(2)
    await client.close()
    proxy.child.stdin?.end()
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    expect(proxy.stderr).toContain('its client closed standard input')
    expect(proxy.servers).toEqual([])
  })

  it('answers what was asked before it', async () => {
    const proxy = new ProxyProcess(SERVERS, '--stdio')
    let output = ''
    proxy.child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    const messages = [
      {
        id: 0,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'pipe', version: '1' } },
      },
      { method: 'notifications/initialized' },
      { id: 1, method: 'tools/call', params: { name: 'two__echo', arguments: { message: 'from a pipe' } } },
    ]
    proxy.child.stdin?.end(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''))
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    const answers = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers).toMatchObject([{ id: 0 }, { id: 1, result: { content: [{ text: 'Echo: from a pipe' }] } }])
  })
})

it('a client that reads no more ends the proxy, and what it asked for', async () => {
  const proxy = new ProxyProcess(SERVERS, '--stdio')
  const client = await proxy.stdio()
  const [call] = await inFlight(client, 1, 3_600)
  call?.catch(() => {})
  proxy.child.stdout?.destroy()
  expect((await proxy.exited).signal, proxy.stderr).toBe(null)
  expect(proxy.stderr).toContain('its client closed standard output')
  expect(proxy.servers).toEqual([])
})

it.each(['SIGKILL', 'SIGABRT'] as const)('%s of the proxy leaves no server behind', async (signal) => {
  const proxy = new ProxyProcess(SERVERS, '--stdio')
  const client = await proxy.stdio()
  const [call] = await inFlight(client, 1, 3_600)
  const lost = call?.catch((error) => error)
  proxy.child.kill(signal)
  expect(await proxy.exited).toMatchObject({ signal })
  await client.close()
  await lost
  await expect.poll(() => proxy.servers, { timeout: 20_000 }).toEqual([])
})

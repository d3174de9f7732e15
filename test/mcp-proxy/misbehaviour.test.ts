import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { describe, expect, it } from 'vitest'
import { overHttp, ProxyProcess, refusal, scripted, textOf, times } from './proxy.js'

const toolsOf = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name)
const echo = (client: Client, server: string) => textOf(client, `${server}__echo`, { message: server })

describe('a server', () => {
  it('that is mended in the file before it is tried again is not disturbed by that', async () => {
    const proxy = new ProxyProcess({ one: scripted({ EXIT: 3 }) }, '--stdio')
    const client = await proxy.stdio()
    proxy.write({ one: scripted() })
    await expect.poll(() => echo(client, 'one').catch(() => 'away'), { timeout: 20_000 }).toBe('one')
    const before = proxy.servers
    expect(await textOf(client, 'one__sleep', { ms: 2_000 })).toBe('done')
    expect(proxy.servers).toEqual(before)
  })

  it('whose first list of tools is an error is asked again', async () => {
    const proxy = new ProxyProcess({ one: scripted({ FAILED_LISTS: 2 }) }, '--stdio')
    const client = await proxy.stdio()
    expect(await toolsOf(client)).toEqual([])
    await expect.poll(() => toolsOf(client), { timeout: 20_000 }).toContain('one__echo')
    expect(await echo(client, 'one')).toBe('one')
  })

  it('that changes its tools all the time is not asked for each change, and its last list is the one that counts', async () => {
    const proxy = new ProxyProcess({ one: scripted({ LATER_LISTS_MS: 50 }) }, '--stdio')
    const client = await proxy.stdio()
    await textOf(client, 'one__grow', { times: 200 })
    await expect.poll(() => toolsOf(client), { timeout: 20_000 }).toContain('one__grown-199')
    await textOf(client, 'one__sleep', { ms: 5_000 }) // time enough for one list after the other
    expect(times(proxy, 'one', 'listed').length).toBeLessThan(50)
  })

  it('hears of no cancellation of calls that it has answered', async () => {
    const proxy = new ProxyProcess({ one: scripted() }, '--stdio')
    const client = await proxy.stdio()
    for (let n = 0; n < 5; n++) await echo(client, 'one')
    proxy.child.kill('SIGTERM')
    await proxy.exited
    expect(proxy.stderr).toContain('[one] started')
    expect(proxy.stderr).not.toContain('cancelled')
  })
})

describe('the file', () => {
  it('changes a server while a call to it is in flight: the call is answered, its tools stay, and no other server waits', async () => {
    const proxy = new ProxyProcess({ one: scripted() }, '--stdio')
    const client = await proxy.stdio()
    const until = join(proxy.folder, 'enough')
    const call = textOf(client, 'one__hold', { until })
    proxy.write({ one: scripted({ CHANGED: 1 }), two: scripted() })
    await expect.poll(() => echo(client, 'two').catch(() => 'away'), { timeout: 20_000 }).toBe('two')
    expect(await toolsOf(client)).toContain('one__echo')
    expect((await refusal(echo(client, 'one'))).data).toEqual({ server: 'one', reason: 'unavailable' })
    writeFileSync(until, '')
    expect(await call).toBe('done')
    await expect.poll(() => echo(client, 'one').catch(() => 'away'), { timeout: 20_000 }).toBe('one')
    expect(proxy.servers).toHaveLength(2)
  })

  it('takes a server away that is being asked for its tools: they do not come back', async () => {
    const proxy = new ProxyProcess({ one: scripted({ LATER_LISTS_MS: 2_000 }), two: scripted() }, '--stdio')
    const client = await proxy.stdio()
    const call = textOf(client, 'one__sleep', { ms: 4_000 })
    await textOf(client, 'one__grow', { times: 1 })
    proxy.write({ two: scripted() })
    expect(await call).toBe('done')
    await expect.poll(() => proxy.servers, { timeout: 20_000 }).toHaveLength(1)
    expect((await toolsOf(client)).filter((name) => name.startsWith('one'))).toEqual([])
  })
})

describe('a client', () => {
  it('that sends a message without an end ends the proxy', async () => {
    const proxy = new ProxyProcess({ one: scripted() }, '--stdio')
    await proxy.stdio()
    proxy.child.stdin!.on('error', () => {}) // the proxy does not read it all
    proxy.child.stdin!.write('x'.repeat(11 * 1024 * 1024))
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    expect(proxy.stderr).toContain('its client sent a message without an end')
    expect(proxy.servers).toEqual([])
  })

  it('that does not want to hear what the proxy says is served, and the proxy ends as ever', async () => {
    const proxy = new ProxyProcess({ one: scripted(), bad: scripted({ EXIT: 3 }) }, '--stdio')
    const client = await proxy.stdio()
    proxy.child.stderr!.destroy()
    await textOf(client, 'one__sleep', { ms: 2_000 }) // meanwhile there is something to say of the other
    expect(await echo(client, 'one')).toBe('one')
    proxy.child.kill('SIGTERM')
    expect(await proxy.exited).toEqual({ code: 0, signal: null })
    expect(proxy.servers).toEqual([])
  })

  it('that asks for many large answers at once gets them, without a warning', async () => {
    const proxy = new ProxyProcess({ one: scripted() }, '--stdio')
    const client = await proxy.stdio()
    const texts = await Promise.all(Array.from({ length: 50 }, () => textOf(client, 'one__repeat', { length: 100_000 })))
    expect(texts.map(({ length }) => length)).toEqual(new Array(50).fill(100_000))
    expect(proxy.stderr).not.toContain('Warning')
  })

  it('whose request for a stream arrives while the proxy drains does not hold it back', async () => {
    const proxy = new ProxyProcess({ one: scripted() }, '--port', '0')
    const port = await proxy.port()
    const client = await overHttp(port)
    const { sessionId } = client.transport!
    const call = textOf(client, 'one__sleep', { ms: 3_000 })
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => {}) // the answer tells whether it was one
    socket.write('GET /mcp HTTP/1.1\r\n')
    await expect.poll(() => echo(client, 'one')).toBe('one')
    proxy.child.kill('SIGTERM')
    await proxy.said('draining')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.write(`Host: 127.0.0.1\r\nAccept: text/event-stream\r\nMcp-Session-Id: ${sessionId}\r\n\r\n`)
    expect(await call).toBe('done')
    expect(await proxy.exited, proxy.stderr).toEqual({ code: 0, signal: null })
    expect(answer).toMatch(/^HTTP\/1.1 503 /)
  })
})

import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fixture, runs } from '../test-support/fixture.js'
import { failureOf, started } from '../test-support/kernels.js'
import { type McpHttp, mcpHttp } from '../test-support/mcp-http.js'
import { ssePool } from './sse-pool.js'
import { unifiedPool } from './unified-pool.js'

const call = async (client: Client, name: string, args: object = {}) => {
  const { content } = await client.callTool({ name, arguments: { ...args } })
  return (content as { text: string }[])[0]?.text
}

let http: McpHttp
beforeEach(async () => {
  http = await mcpHttp()
})
afterEach(() => http.close())

async function start(options: object = {}) {
  const resource = unifiedPool('servers', {
    servers: {
      child: fixture('mcp-server', '--chatty'),
      sse: { type: 'sse', url: http.sse },
      http: { type: 'http', url: http.mcp },
    },
    ...options,
  })
  const kernel = await started([resource])
  return { kernel, pool: kernel.get(resource) }
}

describe('unifiedPool', () => {
  it('speaks MCP with a child, over SSE and over streamable HTTP, and leaves nothing open', async () => {
    const { kernel, pool } = await start({ keep: 1 })
    for (const server of pool.servers) {
      expect(await pool.use(server, (client) => call(client, 'echo', { text: server }))).toBe(server)
    }
    const pid = Number(await pool.use('child', (client) => call(client, 'pid')))
    expect(pool.stats()).toMatchObject({ size: 3, idle: 3, created: 3 })
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(runs(pid)).toBe(false)
    // Idle sockets would close by themselves after 4 s.
    await expect.poll(() => http.connections(), { timeout: 3_000 }).toBe(0)
  })

  it('kill -9 of one server: only its calls fail, with its name, and the next one has a new child', async () => {
    const { pool } = await start({ max: 1, share: 8 })
    const pid = Number(await pool.use('child', (client) => call(client, 'pid')))
    const slow = ['sse', 'http'].map((server) => pool.use(server, (client) => call(client, 'slow', { ms: 500 })))
    const lost = Array.from({ length: 5 }, () => failureOf(pool.use('child', (client) => call(client, 'hang'))))
    await expect.poll(() => pool.stats('child')).toMatchObject({ busy: 1, waiting: 0 })
    process.kill(pid, 'SIGKILL')
    for (const error of await Promise.all(lost)) {
      expect(error).toMatchObject({ code: 'CRASHED', details: { server: 'child' } })
      expect(error.message).toMatch(/server "child" was lost \(pid \d+\): it was killed by SIGKILL/)
    }
    expect(await Promise.all(slow)).toEqual(['done', 'done'])
    expect(Number(await pool.use('child', (client) => call(client, 'pid')))).not.toBe(pid)
  })

  it.each([
    ['closeOutput', /it closed its standard output/],
    ['endless', /sent a message of more than 10485760 bytes; raise maxMessageSize/],
  ])('a child that goes on without being able to answer is ended: %s', async (how, why) => {
    const { pool } = await start()
    const pid = Number(await pool.use('child', (client) => call(client, 'pid')))
    const error = await failureOf(pool.use('child', (client) => call(client, how)))
    expect(error).toMatchObject({ code: 'CRASHED', details: { server: 'child' } })
    expect(error.message).toMatch(why)
    expect(runs(pid)).toBe(false)
  })

  it.each(['child', 'sse', 'http'])('delivers all progress before the answer, however close they come: %s', async (server) => {
    const { pool } = await start()
    const seen: number[] = []
    const request = { name: 'steps', arguments: { count: 20 } }
    const onprogress = ({ progress }: { progress: number }) => void seen.push(progress)
    await pool.use(server, (client) => client.callTool(request, undefined, { onprogress }))
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  it.each(['child', 'sse', 'http'])('a word about a call that nobody waits for harms no other call: %s', async (server) => {
    const { pool } = await start({ max: 1, share: 2 })
    const slow = pool.use(server, (client) => call(client, 'slow', { ms: 100 }))
    expect(await pool.use(server, (client) => call(client, 'stray'))).toBe('done')
    expect(await slow).toBe('done')
    expect(await pool.use(server, (client) => call(client, 'echo', { text: 'on' }))).toBe('on')
    expect(pool.stats(server)).toMatchObject({ created: 1, destroyed: 0 })
  })

  it('lets as many callers share a client as share says, and no more', async () => {
    const { pool } = await start({ max: 2, share: 3 })
    const leases = await Promise.all(Array.from({ length: 4 }, () => pool.acquire('child')))
    expect(new Set(leases.map(({ value }) => value)).size).toBe(2)
    expect(pool.stats('child')).toMatchObject({ size: 2, busy: 2 })
    for (const lease of leases) lease.release()
    expect(pool.stats('child')).toMatchObject({ size: 2, idle: 2 })
  })

  it('an SSE stream that breaks ends its calls at once, and the next one has a new session', async () => {
    const { pool } = await start()
    expect(await pool.use('sse', (client) => call(client, 'echo', { text: 'before' }))).toBe('before')
    const hanging = failureOf(pool.use('sse', (client) => call(client, 'hang')))
    await expect.poll(() => pool.stats('sse')).toMatchObject({ busy: 1 })
    http.drop()
    expect(await hanging).toMatchObject({ code: 'CRASHED', details: { server: 'sse' } })
    expect(await pool.use('sse', (client) => call(client, 'echo', { text: 'after' }))).toBe('after')
  })

  it('calls over streamable HTTP end when their server is gone, though the SDK would wait for its timeout', async () => {
    const { pool } = await start()
    const hanging = failureOf(pool.use('http', (client) => call(client, 'hang')))
    await expect.poll(() => pool.stats('http')).toMatchObject({ busy: 1 })
    await http.close()
    expect(await hanging).toMatchObject({ code: 'CRASHED', details: { server: 'http' } })
  })

  it('a server over HTTP that is gone is named, and used again once it is back', async () => {
    const { pool } = await start()
    expect(await pool.use('http', (client) => call(client, 'echo', { text: 'before' }))).toBe('before')
    await http.close()
    const during = await failureOf(pool.use('http', (client) => call(client, 'echo', { text: 'during' })))
    expect(during.message).toMatch(/pool "servers": server "http" was lost/)
    const unreachable = await failureOf(pool.use('http', (client) => call(client, 'echo')))
    expect(unreachable).toMatchObject({ code: 'START_FAILED', details: { server: 'http' } })
    expect(unreachable.message).toMatch(/server "http" could not be reached: .*ECONNREFUSED/)
    expect(await pool.use('child', (client) => call(client, 'echo', { text: 'fine' }))).toBe('fine')
  })

  it('a server over HTTP that never answers is named, and keeps nobody waiting', async () => {
    http.wedge()
    const { kernel, pool } = await start({ startTimeout: 3_000 })
    const waits = ['sse', 'http'].map(async (server) => {
      const error = await failureOf(pool.use(server, () => 1))
      expect(error).toMatchObject({ code: 'TIMEOUT', details: { server } })
    })
    expect(await pool.use('child', (client) => call(client, 'echo', { text: 'fine' }))).toBe('fine')
    await Promise.all(waits)
    await kernel.shutdown()
    await expect.poll(() => http.connections(), { timeout: 10_000 }).toBe(0)
  })

  it('pings idle clients, and gives up those that are silent', async () => {
    const { pool } = await start({
      keep: 1,
      pingTimeout: 1_500,
      monitor: { interval: 20 },
      backoff: { delay: 60_000, maxDelay: 60_000 },
    })
    http.wedge()
    await expect.poll(() => pool.failure('http')?.message, { timeout: 10_000 }).toMatch(/server "http"/)
    await expect.poll(() => pool.failure('sse')?.message, { timeout: 10_000 }).toMatch(/server "sse"/)
    expect(pool.failure('child')).toBeUndefined()
  })

  it('refuses a server that it cannot understand where it is written', () => {
    const define = (server: unknown) => () => unifiedPool('servers', { servers: { files: server as never } })
    expect(define({})).toThrow(/server "files" cannot be used: its config has neither a command nor a url/)
    expect(define({ command: 'a', url: 'http://b' })).toThrow(/has a command and a url/)
    expect(define({ url: 'localhost:3000' })).toThrow(/url is no http or https URL/)
    expect(define({ type: 'stdio', url: 'http://b' })).toThrow(
      /type does not fit; with a url it is sse or http or streamable-http/,
    )
    expect(define({ command: 'a', args: [1] })).toThrow(/args must be an array of strings/)
    expect(define({ command: 'a', env: { PORT: 1 } })).toThrow(/env must map names to strings/)
  })
})

describe('ssePool', () => {
  it('has a stream for each client, one caller at a time', async () => {
    const resource = ssePool('events', { servers: { one: { url: http.sse } }, max: 2 })
    const kernel = await started([resource])
    const pool = kernel.get(resource)
    const [first, second] = await Promise.all([pool.acquire('one'), pool.acquire('one')])
    expect(first.value).not.toBe(second.value)
    expect(await call(first.value, 'echo', { text: 'hello' })).toBe('hello')
    first.release()
    second.release()
    expect(pool.stats()).toMatchObject({ size: 2, idle: 2 })
    await kernel.shutdown()
    await expect.poll(() => http.connections(), { timeout: 10_000 }).toBe(0)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failureOf, started } from '../test-support/kernels.js'
import { type McpHttp, mcpHttp } from '../test-support/mcp-http.js'
import { script, welcome } from '../test-support/script.js'
import { mcpServer } from './mcp-server.js'
import { unifiedPool } from './unified-pool.js'

let http: McpHttp
beforeEach(async () => {
  http = await mcpHttp()
})
afterEach(() => http.close())

describe('a child that declines to be talked to says why', () => {
  it.each([
    ['an error', `say({ error: { code: -32000, message: 'no licence' } })`, /could not be reached: .*no licence/],
    [
      'an unknown version',
      `say({ result: { protocolVersion: '1999-01-01', capabilities: {}, serverInfo: { name: 'old', version: '1' } } })`,
      /could not be reached: .*version is not supported: 1999-01-01/,
    ],
    ['its end', `process.stderr.write('no licence file'); process.exit(3)`, /it exited with code 3; it said: no licence file/],
  ])('by %s', async (_how, onLine, why) => {
    const resource = unifiedPool('servers', { servers: { a: script(onLine) } })
    const kernel = await started([resource])
    const error = await failureOf(kernel.get(resource).use('a', () => 1))
    expect(error).toMatchObject({ code: 'START_FAILED', details: { server: 'a' } })
    expect(error.message).toMatch(why)
  })
})

it('a server hears nothing of its initialize being cancelled when it is stopped', async () => {
  let heard = ''
  const onStderr = (chunk: Buffer) => {
    heard += chunk
  }
  const server = { ...script(`process.on('SIGTERM', () => {}); process.stderr.write(method + ' '); ${welcome}`), onStderr }
  const pool = unifiedPool('pool', { servers: { a: server }, keep: 1 })
  const kernel = await started([pool])
  await kernel.shutdown()
  expect(heard.match(/initialize /g)).toHaveLength(1)
  expect(heard).not.toMatch(/cancelled/)
})

describe('a session over HTTP', () => {
  it('is used again although its server has no stream of its own and says so wrongly', async () => {
    http.refuse('GET', 404)
    const resource = unifiedPool('servers', { servers: { http: { url: http.mcp } }, max: 1 })
    const pool = (await started([resource])).get(resource)
    // The first lasts until the refusal is there, and the ping that is sent after it was answered.
    for (const ms of [1_500, 50, 50, 50, 50]) {
      await pool.use('http', (client) => client.callTool({ name: 'slow', arguments: { ms } }))
    }
    expect(pool.stats()).toMatchObject({ size: 1, created: 1 })
  })

  it('over SSE survives a message that is refused, with all calls of others', async () => {
    const resource = unifiedPool('servers', { servers: { sse: { type: 'sse', url: http.sse } }, max: 1, share: 2 })
    const pool = (await started([resource])).get(resource)
    await pool.use('sse', (client) => client.ping())
    const before = http.posts
    const slow = pool.use('sse', (client) => client.callTool({ name: 'slow', arguments: { ms: 1_500 } }))
    await expect.poll(() => http.posts).toBe(before + 1)
    http.refuse('POST', 413)
    const refused = failureOf(pool.use('sse', (client) => client.callTool({ name: 'echo', arguments: { text: 'too long' } })))
    expect((await refused).message).toMatch(/server "sse".*413/)
    expect(await slow).toMatchObject({ content: [{ text: 'done' }] })
    expect(await pool.use('sse', (client) => client.ping())).toEqual({})
  })
})

it.each(['sse', 'http'])('a URL with a password is refused where it is written, and the password not told: %s', (type) => {
  const define = () => unifiedPool('servers', { servers: { a: { type, url: 'http://me:hunter2@127.0.0.1/' } as never } })
  expect(define).toThrow(/server "a" cannot be used: url has a user name or password; put them into a header/)
  expect(define).not.toThrow(/hunter2/)
})

it('what would break the process or give away its environment is refused where it is written', () => {
  const define = (more: object) => () => unifiedPool('servers', { servers: { a: { command: 'a', ...more } } })
  expect(define({ onStderr: 'inherit' })).toThrow(/onStderr must be a function/)
  expect(define({ inheritEnv: 'false' })).toThrow(/inheritEnv must be true or false/)
  expect(define({ args: ['--token=hunter2\0'] })).toThrow(/args must be an array of strings/)
  expect(() =>
    unifiedPool('servers', { servers: { a: { url: 'http://a', headers: { authorization: 'hunter2\r\nx' } } } }),
  ).toThrow(/server "a" cannot be used: headers has a name or value that HTTP does not allow \(authorization\)/)
  expect(() => mcpServer('a', { server: { command: 'a' }, grace: Number.NaN })).toThrow(/grace must be a number of milliseconds/)
})

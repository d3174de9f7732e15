import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { isLoopbackAddress, localPages } from '../src/local-pages.js'
import { ProxyProcess } from './proxy.js'

it.each([
  ['127.0.0.1', true],
  ['127.255.0.2', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:7f00:2', true],
  ['128.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['::2', false],
  ['localhost.evil.test', false],
])('%s is an address of the loopback interface: %s', (address, is) => {
  expect(isLoopbackAddress(address)).toBe(is)
})

/** The status that a request is answered with; undefined when it is passed on. */
function answer(headers: object, localAddress = '127.0.0.1', allowed: string[] = ['127.0.0.1']): number | undefined {
  let status: number | undefined
  const res = { status: (code: number) => ({ json: () => (status = code) }) }
  let passed = false
  localPages(allowed)({ headers, socket: { localAddress } } as never, res as never, () => {
    passed = true
  })
  expect(passed).toBe(status === undefined)
  return status
}

describe('of what arrives on the loopback interface', () => {
  it.each([
    'localhost',
    'LOCALHOST:80',
    'app.localhost',
    'localhost.',
    '127.0.0.1:3000',
    '127.1',
    '0x7f.1',
    '2130706433',
    '[::1]:80',
    '[::ffff:127.0.0.1]',
    '0.0.0.0:1',
    '0',
  ])('host and origin %s are of this machine', (host) => {
    expect(answer({ host })).toBeUndefined()
    expect(answer({ host: 'localhost', origin: `http://${host}` })).toBeUndefined()
  })

  it.each([
    'evil.test',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    'evil.test:80',
    '',
    'a b',
    'localhost@evil.test',
    'localhost/evil',
    '128.0.0.1',
    '[::2]',
    'notlocalhost',
  ])('host and origin %j are not', (host) => {
    expect(answer({ host })).toBe(403)
    expect(answer({ host: 'localhost', origin: `http://${host}` })).toBe(host === 'localhost/evil' ? undefined : 403)
  })

  it.each(['null', 'file://', 'evil', ''])('the origin %j is refused', (origin) => {
    expect(answer({ host: 'localhost', origin })).toBe(403)
  })
})

it('[F1] on other interfaces, too, a page needs to be of this machine, or of a name that is allowed', () => {
  expect(answer({ host: 'evil.test', origin: 'http://evil.test' }, '10.0.0.7', ['0.0.0.0'])).toBe(403)
  expect(answer({ host: 'tools.example' }, '10.0.0.7', ['0.0.0.0'])).toBeUndefined()
  expect(
    answer({ host: 'tools.example', origin: 'https://Tools.example' }, '10.0.0.7', ['0.0.0.0', 'tools.example']),
  ).toBeUndefined()
  expect(answer({ host: 'tools.example' }, '127.0.0.1', ['0.0.0.0', 'tools.example'])).toBeUndefined()
})

it.each(['127.0.0.2', '127.1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '0.0.0.0'])(
  'with --host %s a page whose name was made to point here gets no session',
  async (host) => {
    const proxy = new ProxyProcess({}, '--port', '0', '--host', host)
    await proxy.said('is ready')
    const port = Number(/MCP is served at \S+:(\d+)\/mcp/.exec(proxy.stderr)![1])
    const to = host.includes(':') && !host.includes('.') ? '::1' : host === '127.0.0.2' ? host : '127.0.0.1'
    const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
    const post = (headers: object) =>
      new Promise<number | undefined>((resolve, reject) => {
        const accept = 'application/json, text/event-stream'
        const options = {
          host: to,
          port,
          path: '/mcp',
          method: 'POST',
          headers: { 'content-type': 'application/json', accept, ...headers },
        }
        const sent = request(options, (res) => {
          resolve(res.resume().statusCode)
        })
        sent.on('error', reject).end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }))
      })
    expect(await post({ host: 'evil.test', origin: 'http://evil.test' })).toBe(403)
    expect(await post({ host: 'evil.test' })).toBe(403)
    expect(await post({ origin: 'http://localhost:6274' })).toBe(200)
  },
)

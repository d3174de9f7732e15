// Attacked: the Host and Origin of an MCP front, in every spelling.
import { describe, expect, it } from 'vitest'
import { isLoopbackAddress } from '../config/loopback.js'
import { localPages } from './local-pages.js'

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
  return localPages(allowed)({ headers, socket: { localAddress } } as never) === undefined ? undefined : 403
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

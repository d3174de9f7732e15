import { describe, expect, it } from 'vitest'
import { httpServer } from './http-server.js'
import { checkListenOptions } from './listen-options.js'

const where = { text: 'resource "api"', resource: 'api' }

describe('N6 where a server listens', () => {
  it.each([
    ['20.20.2', false],
    ['22.11.0', false],
    ['22.12.0', true],
    ['23.0.0', false],
    ['23.1.0', true],
    ['24.0.0', true],
    ['26.10.0', true],
  ])('reusePort on Node %s: %s', (version, taken) => {
    const check = () => checkListenOptions(where, { port: 80, reusePort: true }, version)
    if (taken) expect(check).not.toThrow()
    else expect(check).toThrow(`reusePort needs Node 22.12, or 23.1 and later; this is ${version}`)
    expect(() => checkListenOptions(where, { reusePort: false }, version)).not.toThrow()
  })

  it.each([
    [{ fd: -1 }, /fd must be the number of a descriptor, 'systemd', or 'systemd:NAME', not -1/],
    [{ fd: 'launchd' }, /fd must be/],
    [{ fd: 'systemd:' }, /fd must be/],
    [{ fd: 3, port: 80 }, /port does nothing next to the number of a descriptor/],
    [{ fd: 3, waitForPort: 80 }, /waitForPort does nothing next to the number of a descriptor/],
    [{ waitForPort: -1 }, /waitForPort must be a number of milliseconds/],
    [{ backlog: 1.5 }, /backlog must be a whole number above 0/],
    [{ reusePort: 1 }, /reusePort must be true or false/],
  ])('refuses %j', (options, message) => {
    const define = () => httpServer('api', { listener: () => () => {}, ...options } as never)
    expect(define).toThrow(message)
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', resource: 'api' }))
  })

  it("takes a port or a path for where 'systemd' hands over no socket", () => {
    for (const options of [
      { fd: 'systemd', port: 3_000 },
      { fd: 'systemd:http', path: '/run/shop.sock' },
      { fd: 'systemd' },
    ] as const)
      expect(() => httpServer('api', { listener: () => () => {}, ...options })).not.toThrow()
  })
})

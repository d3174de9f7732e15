import { describe, expect, it } from 'vitest'
import { handedSocket } from './handed-sockets.js'

const activated = (fds: number, names?: string, forPid = 7) => ({
  pid: 7,
  env: { LISTEN_FDS: String(fds), LISTEN_PID: String(forPid), LISTEN_FDNAMES: names },
})

describe('N6 sockets that systemd hands over', () => {
  it('are taken from descriptor 3 on, by their names where there are several', () => {
    expect(handedSocket(undefined, activated(1))).toEqual({ fd: 3 })
    expect(handedSocket('http', activated(3, 'metrics:http:admin'))).toEqual({ fd: 4 })
    expect(handedSocket('http', activated(1, 'http'))).toEqual({ fd: 3 })
  })

  it('are not there without systemd, nor for the children of who got them', () => {
    expect(handedSocket(undefined, { pid: 7, env: {} })).toEqual({
      none: 'LISTEN_FDS is not set; start the service by its .socket unit',
    })
    expect(handedSocket(undefined, activated(1, undefined, 6))).toEqual({
      none: 'LISTEN_FDS is for process 6, and this is 7; let "exec" start node, without npm or a shell in between',
    })
  })

  it.each([
    [undefined, 2, 'http:metrics', /several sockets \(3 http, 4 metrics\); name one with fd: 'systemd:NAME'/],
    ['shop', 2, 'shop:shop', /several sockets \(3 shop, 4 shop\); they have the same name: give its number as fd/],
    ['grpc', 2, 'http', /handed over 3 http, 4 unknown: none is named "grpc"/],
    ['grpc', 0, undefined, /handed over no socket: none is named "grpc"/],
  ])('are refused where it is not clear which is meant: %s of %d', (name, fds, names, message) => {
    expect(() => handedSocket(name, activated(fds, names))).toThrow(message)
  })
})

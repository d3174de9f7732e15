import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { listenersOf, listening } from './listeners.js'

it.runIf(process.platform === 'linux')('F1 finds the ports on which a process listens, over IPv4 and IPv6', async () => {
  const servers = ['127.0.0.1', '0.0.0.0'].map((host) => createServer().listen(0, host))
  onTestFinished(() => servers.forEach((server) => void server.close()))
  await expect.poll(() => servers.every(({ listening }) => listening)).toBe(true)
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  const found = listenersOf([process.pid])!
  expect(ports.map((port) => found.find((address) => address.port === port))).toEqual(
    ports.map((port) => ({ host: '127.0.0.1', port })),
  )
  expect(found.map(({ port }) => port)).toEqual(found.map(({ port }) => port).sort((a, b) => a - b))
})

it('F1 reads the addresses of those that listen', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
  const row = (local: string, state: string, inode: number) =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0 100 0 0 10 0`
  const table = [
    head,
    row('0100007F:0BB8', '0A', 1),
    row('0100007F:0BB9', '01', 2),
    row('00000000:1F90', '0A', 3),
    row('00000000000000000000000000000000:0050', '0A', 4),
    row('00000000000000000000000001000000:0051', '0A', 5),
    row('0000000000000000FFFF00000100007F:0052', '0A', 6),
    '',
  ].join('\n')
  expect(listening(table)).toEqual([
    { address: { host: '127.0.0.1', port: 3000 }, inode: '1' },
    { address: { host: '127.0.0.1', port: 8080 }, inode: '3' },
    { address: { host: '::', port: 80 }, inode: '4' },
    { address: { host: '0:0:0:0:0:0:0:1', port: 81 }, inode: '5' },
    { address: { host: '127.0.0.1', port: 82 }, inode: '6' },
  ])
})

import { connect } from 'node:net'
import { createKernel, resource } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { openProbeServer } from './probe-server.js'

async function opened(details = false) {
  const kernel = await createKernel([resource('db', { start: () => 1 })]).start()
  const server = await openProbeServer(kernel, { port: 0, host: '127.0.0.1', details })
  let open = true
  const close = async () => {
    if (open) await server.close()
    open = false
  }
  onTestFinished(async () => {
    await close()
    await kernel.shutdown()
  })
  return { ...server, close }
}

const KINDS = {
  'are silent': '',
  'send half a head': 'GET /readyz HTTP/1.1\r\nX: ',
  'send half a body': 'POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nab',
  'have asked and stay': 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n',
  'pipeline and do not read': 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(150),
}

describe('P3 the probe server', () => {
  it.each(Object.entries(KINDS))('[Q4] answers a probe while 300 connections %s', async (_kind, bytes) => {
    const { port, probeUrl, close } = await opened()
    const flood = Array.from({ length: 300 }, () => connect(port, '127.0.0.1').pause())
    let closed = 0
    for (const socket of flood) {
      socket.on('error', () => {}).on('close', () => closed++)
      socket.write(bytes)
    }
    onTestFinished(() => {
      for (const socket of flood) socket.destroy()
    })
    for (let i = 0; i < 5; i++) expect((await fetch(probeUrl)).status).toBe(200)
    await close()
  })

  it('closes a connection after a hundred requests, however they came', async () => {
    const { port } = await opened()
    for (const together of [true, false]) {
      const client = await rawClient(port)
      if (together) client.send(head('GET', '/readyz').repeat(120))
      else
        for (let i = 1; i <= 100; i++) {
          client.send(head('GET', '/readyz'))
          await client.received('200 OK', i)
        }
      await client.ended
      expect(client.count('200 OK')).toBe(100)
      expect(client.count(/connection: close/i)).toBe(1)
    }
  })

  it('refuses heads above 8 KiB', async () => {
    const client = await rawClient((await opened()).port)
    client.send(head('GET', '/readyz', `X: ${'a'.repeat(9_000)}`))
    expect(await client.rest()).toMatch(/^HTTP\/1.1 431 /)
  })

  it('gives up a request that does not come within 5 s', { timeout: 20_000 }, async () => {
    const { port } = await opened()
    const silent = await rawClient(port)
    const half = await rawClient(port)
    half.send('GET /readyz HTTP/1.1\r\nX: ')
    await silent.ended
    expect(await half.rest()).toMatch(/^HTTP\/1.1 408 /)
  })

  it('closes at once, whoever holds a connection', async () => {
    const { port, close } = await opened()
    const client = await rawClient(port)
    client.send('GET /readyz HTTP/1.1\r\nX: ')
    await close()
    await client.ended
    await expect(rawClient(port)).rejects.toThrow('ECONNREFUSED')
  })

  it('says nosniff for what it does not know', async () => {
    const { headers, status } = await fetch(new URL('/x', (await opened()).url))
    expect([status, headers.get('x-content-type-options')]).toEqual([404, 'nosniff'])
  })
})

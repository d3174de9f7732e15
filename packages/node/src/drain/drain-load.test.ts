import { Agent, get, type IncomingMessage } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, serve } from '../test-support/serve.js'

interface Tally {
  answered: number
  lost: string[]
  closing: number
}

it('N1 loses nothing under continuous keep-alive load of raw sockets', async () => {
  const served = await serve((req, res) => {
    setTimeout(() => res.end(`path ${req.url}`), req.url === '/slow' ? 500 : Math.random() * 10)
  })
  const idle = await Promise.all(Array.from({ length: 20 }, () => rawClient(served.port)))
  for (const client of idle) {
    client.send(head('GET', '/idle'))
    await client.received('path /idle')
  }
  const slow = await rawClient(served.port)
  const tally: Tally = { answered: 0, lost: [], closing: 0 }

  // Each asks as soon as it was answered, until a response says close: whatever was sent must be answered.
  const busy = Array.from({ length: 50 }, async (_, i) => {
    const client = await rawClient(served.port)
    for (let sent = 1; ; sent++) {
      client.send(head('GET', `/${i}`))
      try {
        await client.received(/path \/\d+/, sent)
      } catch (error) {
        tally.lost.push(String(error))
        return
      }
      tally.answered++
      if (client.text().includes('Connection: close')) break
    }
    await client.ended
    const responses = client.text().split('HTTP/1.1 ').slice(1)
    expect(responses.findIndex((response) => response.includes('Connection: close'))).toBe(responses.length - 1)
    tally.closing++
  })

  while (tally.answered < 1_000) await later(5)
  slow.send(head('GET', '/slow'))
  while (served.drainer.stats().requests < 10) await later(1)
  await later(20)
  const started = performance.now()
  await drained(served)
  expect(performance.now() - started).toBeLessThan(5_000)
  await Promise.all(busy)

  expect(tally.lost).toEqual([])
  expect(tally.closing).toBe(50)
  expect(await slow.rest()).toMatch(/Connection: close[\s\S]*path \/slow$/)
  for (const client of idle) {
    expect(await client.ended).toBe('end')
    expect(client.count('HTTP/1.1 200 OK')).toBe(1)
  }
})

it('N1 loses nothing under continuous load of a keep-alive agent', async () => {
  const served = await serve((_req, res) => void setTimeout(() => res.end('ok'), Math.random() * 10))
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  onTestFinished(() => agent.destroy())
  const tally: Tally = { answered: 0, lost: [], closing: 0 }
  let draining = false

  const ask = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      get({ port: served.port, host: '127.0.0.1', agent }, resolve).on('error', reject)
    })
  const loops = Array.from({ length: 50 }, async () => {
    for (;;) {
      try {
        const response = await ask()
        for await (const _ of response);
        tally.answered++
        if (response.headers.connection === 'close') {
          tally.closing++
          return
        }
        // A socket the agent cannot reuse is followed by a connection that is refused: that is not a lost request.
      } catch (error) {
        const { code = String(error) } = error as NodeJS.ErrnoException
        if (!(draining && code === 'ECONNREFUSED')) tally.lost.push(code)
        return
      }
    }
  })
  while (tally.answered < 1_000) await later(5)
  draining = true
  await drained(served)
  await Promise.all(loops)
  expect(tally.lost).toEqual([])
  expect(tally.closing).toBeGreaterThan(0)
})

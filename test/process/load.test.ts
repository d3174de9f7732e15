import { Agent, get } from 'node:http'
import { expect, it } from 'vitest'
import { later, runFixture } from './child.js'

interface Reply {
  /** 200, or the code of an error. */
  result: number | string
  /** Whether the connection was known to be accepted, because it had been used before. */
  reused: boolean
}

function ask(url: string, agent: Agent): Promise<Reply> {
  return new Promise((resolve) => {
    const req = get(url, { agent }, (res) => {
      res.on('error', fail)
      res.on('end', () => resolve({ result: res.statusCode ?? 0, reused: req.reusedSocket }))
      res.resume()
    })
    const fail = (error: NodeJS.ErrnoException) => resolve({ result: error.code ?? error.message, reused: req.reusedSocket })
    req.on('error', fail)
  })
}

// Without a delay clients still hold their keep-alive connections when the drain begins; with one the lame duck sends them away.
it.each([0, 300])('N1 SIGTERM under load answers every request that was accepted (delay %i ms)', async (delay) => {
  const shop = runFixture('shop', { DELAY: delay })
  const [, url] = await shop.said(/"api":"(http:[^"]*)"/)
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const replies: Reply[] = []
  const client = async () => {
    for (let last: unknown = 200; last === 200; ) {
      const reply = await ask(`${url}/?ms=${Math.round(Math.random() * 30)}`, agent)
      replies.push(reply)
      last = reply.result
    }
  }
  const clients = Array.from({ length: 20 }, client)
  await later(300)
  const before = replies.length
  shop.kill('SIGTERM')
  const { code, output } = await shop.ended
  await Promise.all(clients)
  agent.destroy()

  const answered = replies.filter(({ result }) => result === 200)
  const failed = replies.filter(({ result }) => result !== 200)
  expect(before).toBeGreaterThan(20)
  expect(answered.length).toBeGreaterThan(before)
  expect(output).toContain(`it was asked ${answered.length} times`)
  // What fails is a connection that nobody accepted any more.
  expect(failed.filter(({ reused }) => reused)).toEqual([])
  expect(output).toMatch(/shop stopped in .*, exit code 0/)
  expect(code).toBe(0)
})

it('probes of their own are the first up and the last down', async () => {
  const shop = runFixture('shop', { DELAY: 500 })
  const [, url] = await shop.said(/"probes":"(http:[^"]*)\/readyz"/)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  shop.kill('SIGTERM')
  await shop.said(/draining/)
  const draining = await fetch(`${url}/readyz`)
  expect(draining.status).toBe(503)
  expect(await draining.text()).toBe('draining')
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  expect((await shop.ended).code).toBe(0)
})

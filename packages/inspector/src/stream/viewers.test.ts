import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { resource, type StartContext } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { inspector } from '../index.js'
import { ask, inspected, listening, Page, running } from '../test-support/serve.js'

describe('I8 streams', () => {
  it('that are taken slowly miss what there is no room for, and get the newest instead', async () => {
    let ctx!: StartContext
    const big = resource('big', {
      labels: Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`label-${i}`, 'x'.repeat(1_900)])),
      start: (_, given) => {
        ctx = given
      },
    })
    const kernel = await running([big])
    const { url } = await inspected(kernel)
    const [response] = (await once(get(`${url}/events`, { agent: false }), 'response')) as [IncomingMessage]
    onTestFinished(() => void response.destroy())
    response.pause()
    // Each is 4 MB, and far more than what the kernel of the system keeps for a connection.
    for (let i = 0; i < 12; i++) {
      ctx.healthy()
      ctx.unhealthy(new Error(`no ${i}`))
      await new Promise((resolve) => setTimeout(resolve, 260))
    }
    const messages: { type: string; events?: { text: string }[] }[] = []
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const whole = text.split('\n\n')
      text = whole.pop()!
      for (const each of whole) messages.push(JSON.parse(each.slice('data: '.length)))
    })
    response.resume()
    await expect.poll(() => messages.map(({ type }) => type).join(' ')).toMatch(/^hello (?:update ){0,2}hello/)
    await expect.poll(() => messages.some(({ events }) => events?.some(({ text }) => text.endsWith('no 11')))).toBe(true)
    expect(messages.length).toBeLessThan(12)
  })

  it('are for sixteen at once, or as many as is said', async () => {
    const { url } = await inspected(await running([]), { viewers: 2 })
    const pages = [new Page(url), new Page(url)]
    await expect.poll(() => pages.map(({ messages }) => messages.length)).toEqual([1, 1])
    expect(await ask(`${url}/events`)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: 'as many look already as may at once\n',
    })
    pages[0]!.leave()
    await expect
      .poll(async () => {
        const page = new Page(url)
        await expect.poll(() => page.status).toBeGreaterThan(0)
        return page.status
      })
      .toBe(200)
  })

  it('on a server of the application end when the kernel begins to stop, and not before', async () => {
    let drained = () => {}
    const api = resource('api', { start: () => 1, drain: () => new Promise<void>((resolve) => (drained = resolve)) })
    const kernel = await running([api], { shutdown: { delay: 300 } })
    const inspect = inspector(kernel)
    const url = await listening(createServer((req, res) => void inspect.handler(req, res)))
    const page = new Page(`${url}/inspector`)
    await expect.poll(() => page.messages.length).toBe(1)
    const stopped = kernel.shutdown()
    await expect.poll(() => page.latest('kernel').state).toBe('draining')
    expect(page.ended).toBe(false)
    await expect.poll(() => page.ended).toBe(true)
    expect(kernel.state).toBe('stopping')
    expect(page.latest('kernel').state).toBe('stopping')
    expect(page.messages.at(-1)).not.toHaveProperty('last')
    drained()
    await stopped
    // Nothing of the kernel is held by who looked.
    await inspect.close()
  })
})

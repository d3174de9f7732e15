import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { forkFixture } from './child.js'

describe('X5 a process of PM2', () => {
  it("says 'ready' when everything runs, not before, and ends on the message 'shutdown'", async () => {
    const shop = forkFixture('platform', { pm_id: 0, START: 300 })
    const messages: unknown[] = []
    shop.process.on('message', (message) => messages.push(message, Date.now()))
    await shop.said(/shop is ready/)
    await Promise.race([once(shop.process, 'message'), ...(messages.length > 0 ? [Promise.resolve()] : [])])
    expect(messages).toEqual(['ready', expect.any(Number)])
    shop.process.send('status?')
    shop.process.send('shutdown')
    const { code, output } = await shop.ended
    expect(output).toContain('"msg":"shutdown message: draining"')
    expect(output).toContain('shop stopped in')
    expect(output).not.toContain('still alive')
    expect(code).toBe(0)
  })

  it('does not mind that PM2 is gone', async () => {
    const shop = forkFixture('platform', { pm_id: 0, START: 300 })
    shop.process.disconnect()
    await shop.said(/shop is ready/)
    shop.kill('SIGINT')
    expect((await shop.ended).code).toBe(0)
  })
})

describe('X5 a process with a channel to some other parent', () => {
  it('says nothing to it, and ends by itself', async () => {
    const shop = forkFixture('platform')
    const messages: unknown[] = []
    shop.process.on('message', (message) => messages.push(message))
    await shop.said(/shop is ready/)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(messages).toEqual([])
    expect(output).not.toContain('still alive')
    expect(code).toBe(0)
  })
})

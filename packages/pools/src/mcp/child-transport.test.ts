import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { ServerProcess } from '../child/server-process.js'
import { ChildTransport } from './child-transport.js'
import { MESSAGE_SIZE } from './message-size.js'

/** A child that says what it is told to. */
async function talking() {
  const stdout = new PassThrough({ highWaterMark: 2 ** 20 })
  const child = { stdout, stdin: new PassThrough(), closed: new Promise(() => {}), running: true, kill: () => {} }
  const transport = new ChildTransport(child as unknown as ServerProcess, 0, MESSAGE_SIZE)
  const heard: number[] = []
  const skipped: Error[] = []
  transport.onmessage = (message) => void heard.push((message as { id: number }).id)
  transport.onerror = (error) => void skipped.push(error)
  await transport.start()
  return { stdout, heard, skipped }
}

const answers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `{"jsonrpc":"2.0","id":${from + n},"result":{}}\n`).join('')

describe('a child that floods its standard output', () => {
  it.each([
    ['lines that are no messages', 'y\n'.repeat(2_000)],
    ['messages', answers(0, 2_000)],
  ])('with %s leaves time for everything else, and all of it is read in order', async (_what, flood) => {
    const { stdout, heard, skipped } = await talking()
    let most = 0
    let before = 0
    let over = false
    const look = () => {
      const now = heard.length + skipped.length
      most = Math.max(most, now - before)
      before = now
      if (!over) setImmediate(look)
    }
    look()
    stdout.write(flood)
    stdout.write(answers(10_000, 10_001))
    await expect.poll(() => heard.at(-1), { timeout: 10_000 }).toBe(10_000)
    await new Promise((resolve) => setImmediate(resolve))
    over = true
    expect(heard.length + skipped.length).toBe(2_001)
    expect(heard).toEqual([...heard].sort((a, b) => a - b))
    expect(most).toBeLessThan(500)
  })

  it('and ends has all of it read before its end is told', async () => {
    const { stdout, heard } = await talking()
    stdout.end(answers(0, 2_000))
    await new Promise((resolve) => stdout.once('end', resolve))
    expect(heard).toHaveLength(2_000)
  })
})

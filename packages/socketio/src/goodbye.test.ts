import { expect, test } from 'vitest'
import { joined, next, startChat, TRANSPORTS, type TransportKind } from './test-support/chat.js'
import { PATIENT } from './test-support/patient.js'

const kinds = Object.keys(TRANSPORTS) as TransportKind[]

test.each(kinds)(
  'N10 a client is told, then closed as a network would do it, so that it comes back by itself: %s',
  async (kind) => {
    const chat = await startChat()
    const socket = await joined(chat.url, kind)
    const told = next(socket, 'keelson:goodbye')
    const left = next(socket, 'disconnect')
    const report = await chat.kernel.shutdown()
    const [hint] = (await told) as [{ retryMs: number }]
    expect(hint.retryMs).toBeGreaterThanOrEqual(1_000)
    expect(hint.retryMs).toBeLessThanOrEqual(2_000)
    expect((await left)[0]).toBe('transport close')
    expect(socket.active).toBe(true)
    expect(report.outcomes.map(({ resource, outcome, note }) => ({ resource, outcome, note }))).toEqual([
      { resource: 'chat', outcome: 'stopped', note: 'said goodbye to 1 client' },
      expect.objectContaining({ resource: 'api', outcome: 'stopped' }),
    ])
  },
)

test.each(kinds)(
  'what a client waits for when the shutdown begins is handled and acknowledged before its goodbye: %s',
  async (kind) => {
    let finish = () => {}
    const begun = new Promise<void>((begin) => {
      finish = begin
    })
    let save = () => {}
    const chat = await startChat({
      listen: (io) =>
        io.on('connection', (socket) => {
          socket.on('say', async (text, done) => {
            finish()
            await new Promise<void>((resolve) => {
              save = resolve
            })
            done(`saved ${text}`)
          })
        }),
    })
    const socket = await joined(chat.url, kind)
    const log: string[] = []
    socket.on('disconnect', (reason) => log.push(reason))
    const answer = socket.emitWithAck('say', 'hello').then((saved: string) => log.push(saved))
    await begun
    expect(chat.kernel.inspect().resources.find(({ name }) => name === 'chat')?.work).toMatchObject({
      count: 1,
      oldest: [{ label: 'say' }],
    })
    const report = chat.kernel.shutdown()
    await next(socket, 'keelson:goodbye')
    save()
    await answer
    await report
    await expect.poll(() => log, PATIENT).toEqual(['saved hello', 'transport close'])
  },
)

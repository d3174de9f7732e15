import { expect, onTestFinished, test } from 'vitest'
import { joined, startChat } from './test-support/chat.js'

test('N10 500 clients get their goodbyes one after another, every one of them', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const chat = await startChat({ goodbye: { spread: 2_000 } })
  const clients = await Promise.all(
    Array.from({ length: 500 }, (_, i) => joined(chat.url, i % 5 === 0 ? 'polling only' : 'WebSocket only')),
  )
  const begun = performance.now()
  const told: number[] = []
  const left = clients.map((socket) => {
    socket.on('keelson:goodbye', () => told.push(performance.now() - begun))
    return new Promise((resolve) => socket.once('disconnect', resolve))
  })
  const report = await chat.kernel.shutdown()
  expect(new Set(await Promise.all(left))).toEqual(new Set(['transport close']))
  expect(report.outcomes[0]).toMatchObject({ outcome: 'stopped', note: 'said goodbye to 500 clients' })
  expect(told).toHaveLength(500)
  expect(warnings).toEqual([])
  // Not one tenth of them in any tenth of that time would be exact; a busy machine is granted three.
  const most = Math.max(...told.map((at) => told.filter((other) => other >= at && other < at + 200).length))
  expect(most).toBeLessThan(150)
})

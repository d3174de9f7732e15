import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { LeakMeter, socketsTo, uncounted } from './leak-meter.js'
import { comesTo, pause } from './patience.js'

it('counts timers until they are cleared or have fired, and says where those are set that keep the process alive', async () => {
  const meter = new LeakMeter()
  await meter.follow(async () => {
    const holding = setTimeout(() => {}, 60_000)
    const silent = setInterval(() => {}, 60_000).unref()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await comesTo(() => meter.timers === 2, 10_000)).toBe(true)
    expect(meter.holdingTimers).toEqual([expect.stringContaining('leak-meter.test.ts')])
    clearTimeout(holding)
    clearInterval(silent)
    expect(await comesTo(() => meter.timers === 0, 10_000)).toBe(true)
  })
})

it('counts nothing of others, nor of the suite itself', async () => {
  const meter = new LeakMeter()
  let setByOthers = () => {}
  const asked = new Promise<void>((resolve) => {
    setByOthers = resolve
  })
  const timers: NodeJS.Timeout[] = []
  const others = asked.then(() => void timers.push(setTimeout(() => {}, 60_000)))
  await meter.follow(async () => {
    setByOthers()
    await others
    timers.push(uncounted(() => setTimeout(() => {}, 60_000)))
    await pause(5)
    expect(meter.timers).toBe(0)
  })
  for (const timer of timers) clearTimeout(timer)
})

it('counts sockets to a port until they are gone', async () => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  expect(socketsTo(port)).toBe(1)
  socket.end() // says goodbye, and waits for the answer
  await pause(20)
  expect(socketsTo(port)).toBe(1)
  socket.destroy()
  await expect.poll(() => socketsTo(port)).toBe(0)
  server.close()
})

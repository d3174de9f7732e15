import { createServer } from 'node:net'
import { uncounted } from './leak-meter.js'

/** Below the ports from which systems choose by themselves, 32768 on Linux: no client is given one of these, and is connected to itself. */
const FIRST = 10_000
const LAST = 20_000
const SIZE = 20

let block: Promise<number> | undefined
let next = 0

/**
 * A port of this process alone, also while nobody listens at it: whoever waits for the server of another test run would else connect to the
 * proxy that took its port.
 */
export async function nextPort(): Promise<number> {
  block ??= uncounted(reserve)
  next = (next % (SIZE - 1)) + 1
  return (await block) + next
}

/** The first port of a block is held for as long as the process lives, and keeps it not alive. */
async function reserve(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    const first = FIRST + SIZE * Math.floor((Math.random() * (LAST - FIRST)) / SIZE)
    if (await hold(first)) return first
  }
  throw new Error(`conformance: no port from ${FIRST} to ${LAST} is free`)
}

function hold(port: number): Promise<boolean> {
  const holder = createServer((socket) => void socket.destroy())
  return new Promise((resolve) => {
    holder.once('error', () => resolve(false))
    holder.listen(port, '127.0.0.1', () => resolve(true)).unref()
  })
}

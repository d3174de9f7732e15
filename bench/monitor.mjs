// What watching costs: 10,000 resources, each with a check every second, as a part of one core.
// `node bench/monitor.mjs [resources] [interval in ms] [seconds]`
import { createKernel, resource } from '@keelson/kernel'

const [count = 10_000, interval = 1_000, seconds = 20] = process.argv.slice(2).map(Number)
const LIMIT = 5

function resources(check) {
  return Array.from({ length: count }, (_, i) =>
    resource(`r${i}`, { start: () => i, check, monitor: { interval, history: 50 }, stop: () => {} }),
  )
}

async function measure(name, check) {
  const made = resources(check)
  // Starts are spread over one interval, as in a process that came up over time.
  const kernel = createKernel()
  await kernel.start()
  const slices = 100
  for (let i = 0; i < slices; i++) {
    await kernel.add(...made.slice((i * count) / slices, ((i + 1) * count) / slices))
    await new Promise((resolve) => setTimeout(resolve, interval / slices))
  }
  await new Promise((resolve) => setTimeout(resolve, interval))
  const checksBefore = checks
  const before = process.cpuUsage()
  const begin = performance.now()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const ms = performance.now() - begin
  const { user, system } = process.cpuUsage(before)
  const percent = (user + system) / 10 / ms
  const perSecond = (checks - checksBefore) / (ms / 1_000)
  console.log(
    `${name.padEnd(12)} ${count} resources every ${interval} ms: ${percent.toFixed(2)} % of one core, ${perSecond.toFixed(0)} checks a second, ${((percent * 10_000) / perSecond).toFixed(2)} µs each`,
  )
  await kernel.shutdown()
  return percent
}

let checks = 0
const sync = await measure('synchronous', () => {
  checks++
})
const promised = await measure('promises', async () => {
  checks++
})
console.log(`limit ${LIMIT} %: ${sync <= LIMIT && promised <= LIMIT ? 'kept' : 'exceeded'}`)

// How long a resource is away: from the moment it says that it has crashed, and from the check that reaches the threshold,
// until it runs again; against its restart delay and start time. `node bench/healing.mjs [rounds]`
import { createKernel, resource } from '@keelson/kernel'

const rounds = Number(process.argv[2] ?? 200)
const DELAY = 10
const START = 10
const SLACK = 5

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Milliseconds from detection to running again, above what the policy and the start ask for. */
async function measure(break_) {
  const over = []
  let context
  let healthy = true
  const db = resource('db', {
    start: async (_, ctx) => {
      context = ctx
      healthy = true
      await wait(START)
      return 'db'
    },
    check: () => healthy,
    stop: () => {},
    monitor: { interval: 5, failureThreshold: 1 },
    restart: { attempts: rounds + 1, within: 600_000, delay: DELAY, factor: 1, jitter: 0 },
  })
  const dependents = Array.from({ length: 20 }, (_, i) =>
    resource(`d${i}`, { dependsOn: { db }, start: async () => i, stop: async () => {} }),
  )
  const kernel = await createKernel(dependents).start()
  let detected = 0
  kernel.on('restart:scheduled', () => {
    detected = performance.now()
  })
  for (let i = 0; i < rounds; i++) {
    const back = new Promise((resolve) => kernel.once('restart:done', resolve))
    break_(context, () => {
      healthy = false
    })
    await back
    over.push(performance.now() - detected - DELAY - START)
  }
  await kernel.shutdown()
  return over.sort((a, b) => a - b)
}

const scenarios = {
  'ctx.crashed()': (ctx) => ctx.crashed(new Error('gone')),
  'failing checks': (_, fail) => fail(),
}
// Checks alone keep no process alive.
const alive = setInterval(() => {}, 1_000)
let worst = 0
for (const [name, break_] of Object.entries(scenarios)) {
  const over = await measure(break_)
  const at = (part) => over[Math.min(over.length - 1, Math.floor(over.length * part))]
  worst = Math.max(worst, at(0.95))
  console.log(
    `${name.padEnd(15)} with 20 dependents, ${rounds} times: above delay and start ${at(0.5).toFixed(2)} ms median, ${at(0.95).toFixed(2)} p95, ${at(1).toFixed(2)} max`,
  )
}
console.log(`limit ${SLACK} ms at p95: ${worst <= SLACK ? 'kept' : 'exceeded'}`)
clearInterval(alive)

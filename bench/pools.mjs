// What a pool costs beyond the library under it, and how long it takes to end its children.
//
// 1. CPU of acquire and release of an idle child of a processPool against the same of a bare tarn pool: user + system time. Rounds
//    alternate in random order in one process; the figure is the median of the ratios of adjacent rounds.
// 2. Shutdown of 50 idle children, of which one takes 400 ms to end: what it takes beyond that one, against the same children
//    ended by a bare process.kill for each.
//
//   node bench/pools.mjs [rounds=60] [pairs per round=5000]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createKernel } from '@keelson/kernel'
import { processPool } from '@keelson/pools'
import { Pool as Tarn } from 'tarn'

const CHILDREN = 50
const SLOWEST = 400
const CHILD = (ms) =>
  `process.on('SIGTERM', () => setTimeout(() => process.exit(), ${ms})); setInterval(() => {}, 1e6); process.stdout.write('up')`

await overhead(Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 5_000))
await shutdown()

async function overhead(rounds, pairs) {
  const servers = processPool('servers', { servers: { cat: { command: 'cat' } }, max: 1, keep: 1, idleTimeout: Infinity })
  const kernel = await createKernel([servers]).start()
  const pool = kernel.get(servers)
  const tarn = new Tarn({ create: async () => ({}), destroy: () => {}, min: 0, max: 1 })
  const bare = async () => {
    for (let n = 0; n < pairs; n++) tarn.release(await tarn.acquire().promise)
  }
  const kinds = {
    tarn: bare,
    acquire: async () => {
      for (let n = 0; n < pairs; n++) (await pool.acquire('cat')).release()
    },
    use: async () => {
      for (let n = 0; n < pairs; n++) await pool.use('cat', () => 1)
    },
    again: bare,
  }
  const names = Object.keys(kinds)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let i = 0; i < rounds + 5; i++) {
    for (const name of names.toSorted(() => Math.random() - 0.5)) {
      const begun = process.cpuUsage()
      await kinds[name]()
      const { user, system } = process.cpuUsage(begun)
      if (i >= 5) times[name].push((user + system) / pairs)
    }
  }
  await kernel.shutdown()
  await tarn.destroy()
  const ratio = (name) => quartiles(times[name].map((value, i) => value / times.tarn[i]))
  console.log(`node ${process.version}, ${rounds} rounds of ${pairs} pairs`)
  for (const name of names) console.log(`${name.padEnd(8)} ${quartiles(times[name])} µs CPU per acquire and release`)
  console.log(`ratio acquire / tarn ${ratio('acquire')}`)
  console.log(`ratio use / tarn     ${ratio('use')}`)
  console.log(`ratio tarn / tarn    ${ratio('again')} (the noise of this machine)`)
}

async function shutdown() {
  const config = (n) => ({ command: process.execPath, args: ['-e', CHILD(n === 25 ? SLOWEST : 1)] })
  const all = Array.from({ length: CHILDREN }, (_, n) => config(n))
  const pooled = []
  const bare = []
  for (let round = 0; round < 5; round++) {
    const servers = processPool('servers', {
      servers: Object.fromEntries(all.map((server, n) => [`s${n}`, server])),
      keep: 1,
      startTimeout: 60_000,
      open: async (child) => (await once(child.stdout, 'data')) && child,
    })
    const kernel = await createKernel([servers], { timeouts: { start: 60_000 } }).start()
    await settle()
    let begun = performance.now()
    await kernel.shutdown()
    pooled.push(performance.now() - begun - SLOWEST)

    const children = all.map(({ command, args }) => spawn(command, args, { detached: true }))
    await Promise.all(children.map((child) => once(child.stdout, 'data')))
    await settle()
    begun = performance.now()
    for (const child of children) process.kill(-child.pid, 'SIGTERM')
    await Promise.all(children.map((child) => once(child, 'close')))
    bare.push(performance.now() - begun - SLOWEST)
  }
  console.log(`\nshutdown of ${CHILDREN} idle children, beyond the ${SLOWEST} ms of the slowest, 5 rounds`)
  console.log(`pool ${quartiles(pooled)} ms`)
  console.log(`bare ${quartiles(bare)} ms (a signal and a wait for each, without a pool)`)
}

/** Until the machine has nothing left to do for the starts. */
function settle() {
  return new Promise((resolve) => setTimeout(resolve, 500))
}

function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (q) => sorted[Math.round(q * (sorted.length - 1))].toFixed(2)
  return `${at(0.5)} (quartiles ${at(0.25)} to ${at(0.75)})`
}

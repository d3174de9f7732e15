// Build, start and stop of N async no-op resources, against the floor: how much do the guarantees cost?
// `node --expose-gc bench/graph.mjs [largest N]`
import { createKernel, resource } from '@keelson/kernel'
import { floorKernel } from './graph-floor.mjs'
import { chain, layered, wide } from './graphs.mjs'

const largest = Number(process.argv[2] ?? 1_000_000)
const sizes = [100, 1_000, 10_000, 100_000, 1_000_000].filter((n) => n <= largest)
const hooks = { start: async () => 1, stop: async () => {} }

/** Definitions from a shape: `make(name, { dependsOn, start, stop })` for each, dependencies by name. */
function define(shape, make) {
  const made = []
  for (const [name, dependencies] of shape) {
    const dependsOn = {}
    for (const i of dependencies) dependsOn[`r${i}`] = made[i]
    made.push(make(name, { dependsOn, start: hooks.start, stop: hooks.stop }))
  }
  return made
}

const subjects = {
  floor: async (shape) => {
    const kernel = floorKernel(define(shape, (name, { dependsOn, start, stop }) => ({ name, dependsOn, start, stop })))
    await kernel.start()
    await kernel.stop()
  },
  keelson: async (shape) => {
    const kernel = createKernel(define(shape, resource))
    await kernel.start()
    await kernel.shutdown()
  },
}

async function time(subject, shape, rounds) {
  const times = []
  for (let i = 0; i < rounds; i++) {
    const begin = performance.now()
    await subject(shape)
    times.push(performance.now() - begin)
  }
  return times
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]

const results = {}
for (const [shapeName, make] of Object.entries({ layered, chain, wide })) {
  for (const n of sizes) {
    const shape = make(n)
    const rounds = Math.max(3, Math.min(200, Math.round(300_000 / n)))
    await time(subjects.floor, shape, Math.ceil(rounds / 2))
    await time(subjects.keelson, shape, Math.ceil(rounds / 2))
    const times = { floor: [], keelson: [] }
    for (let i = 0; i < rounds; i++) {
      for (const name of i % 2 === 0 ? ['floor', 'keelson'] : ['keelson', 'floor'])
        times[name].push(...(await time(subjects[name], shape, 1)))
    }
    const floor = (median(times.floor) * 1000) / n
    const keelson = (median(times.keelson) * 1000) / n
    results[`${shapeName}:${n}`] = { floor, keelson }
    console.log(
      `${shapeName.padEnd(8)} ${String(n).padStart(8)}   floor ${floor.toFixed(2)} µs   keelson ${keelson.toFixed(2)} µs per resource   ratio ${(keelson / floor).toFixed(2)}`,
    )
  }
}

const exponent = (shape, who) =>
  1 + Math.log10(results[`${shape}:${largest}`][who] / results[`${shape}:1000`][who]) / Math.log10(largest / 1000)
if (largest > 1_000) {
  for (const shape of ['layered', 'chain', 'wide']) {
    console.log(
      `growth ${shape.padEnd(8)} exponent 1k → ${largest}: floor ${exponent(shape, 'floor').toFixed(2)}, keelson ${exponent(shape, 'keelson').toFixed(2)}`,
    )
  }
}

if (globalThis.gc) {
  const n = Math.min(100_000, largest)
  const shape = layered(n)
  globalThis.gc()
  const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  const kernel = createKernel(define(shape, resource))
  await kernel.start()
  globalThis.gc()
  const retained = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers - before
  console.log(`memory   ${n} running: ${(retained / n / 1024).toFixed(2)} KB retained per resource`)
  await kernel.shutdown()
}

// A random graph of 200 resources with hooks of 1 to 20 ms: how long the whole start and stop took, against the longest chain
// of the delays that the timers really took. `node bench/makespan.mjs`
import { createKernel, resource } from '@keelson/kernel'
import { mulberry32 } from './graphs.mjs'

const N = 200
const ROUNDS = 10

async function round(seed) {
  const random = mulberry32(seed)
  const took = { start: new Float64Array(N), stop: new Float64Array(N) }
  const wait = (kind, i, ms) => {
    const begin = performance.now()
    return new Promise((resolve) => {
      setTimeout(() => {
        took[kind][i] = performance.now() - begin
        resolve(i)
      }, ms)
    })
  }
  const edges = []
  const made = []
  for (let i = 0; i < N; i++) {
    const below = i === 0 ? [] : [...new Set([0, 1, 2].map(() => Math.floor(random() * i)))].filter(() => random() < 0.8)
    edges.push(below)
    const [up, down] = [1 + Math.floor(random() * 20), 1 + Math.floor(random() * 20)]
    made.push(
      resource(`r${i}`, {
        dependsOn: Object.fromEntries(below.map((j) => [`r${j}`, made[j]])),
        start: () => wait('start', i, up),
        stop: () => wait('stop', i, down),
      }),
    )
  }
  const kernel = createKernel(made)
  const begin = performance.now()
  await kernel.start()
  const started = performance.now()
  await kernel.shutdown()
  return { up: (started - begin) / longest(edges, took.start), down: (performance.now() - started) / longest(edges, took.stop) }
}

/** The longest sum of delays along a chain of dependencies: the same for both directions. */
function longest(edges, delays) {
  const sums = new Float64Array(N)
  for (let i = 0; i < N; i++) sums[i] = delays[i] + Math.max(0, ...edges[i].map((j) => sums[j]))
  return Math.max(...sums)
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const rounds = []
for (let seed = 1; seed <= ROUNDS; seed++) rounds.push(await round(seed))
console.log(
  `makespan / critical path, median of ${ROUNDS} random graphs of ${N}: up ${median(rounds.map(({ up }) => up)).toFixed(4)}, down ${median(rounds.map(({ down }) => down)).toFixed(4)} (target 1.01)`,
)

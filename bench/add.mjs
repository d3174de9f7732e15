// What it costs to add 1,000 resources to a kernel that runs 100,000, against adding them to one that runs 1,000: additions
// must be proportional to what is added, not to what is there. `node bench/add.mjs [large N]`
import { createKernel, resource } from '@keelson/kernel'
import { layered } from './graphs.mjs'

const ADDED = 1_000
const ROUNDS = 15
const large = Number(process.argv[2] ?? 100_000)

function define(shape, prefix, below = []) {
  const made = []
  for (const [name, dependencies] of shape) {
    const dependsOn = Object.fromEntries(dependencies.map((i) => [`r${i}`, made[i]]))
    if (below.length > 0) dependsOn.base = below[made.length % below.length]
    made.push(resource(`${prefix}${name}`, { dependsOn, start: async () => 1, stop: async () => {} }))
  }
  return made
}

async function kernelOf(n) {
  const base = define(layered(n), 'base-')
  const kernel = await createKernel(base).start()
  return { kernel, base }
}

let round = 0
async function time({ kernel, base }) {
  const extra = define(layered(ADDED), `extra-${round++}-`, base)
  const begin = performance.now()
  await kernel.add(...extra)
  const added = performance.now() - begin
  for (const one of extra.toReversed()) await kernel.remove(one)
  return { added, removed: performance.now() - begin - added }
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]

const kernels = { 1000: await kernelOf(1_000), [large]: await kernelOf(large) }
const times = Object.fromEntries(Object.keys(kernels).map((n) => [n, { added: [], removed: [] }]))
// Taken in turns, so that what disturbs the machine disturbs both.
for (let i = -5; i < ROUNDS; i++) {
  for (const [n, one] of Object.entries(kernels)) {
    const { added, removed } = await time(one)
    if (i < 0) continue
    times[n].added.push(added)
    times[n].removed.push(removed)
  }
}
for (const [n, { added, removed }] of Object.entries(times)) {
  console.log(
    `kernel of ${n.padStart(8)}   add ${ADDED}: ${median(added).toFixed(2)} ms   remove one by one: ${median(removed).toFixed(2)} ms`,
  )
}
const ratio = (what) => median(times[large][what]) / median(times[1_000][what])
console.log(
  `ratio   add ${ratio('added').toFixed(2)}   remove ${ratio('removed').toFixed(2)}   (1 = proportional to what is added)`,
)
for (const { kernel } of Object.values(kernels)) await kernel.shutdown()

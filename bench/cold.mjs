// What a process pays for a lifecycle from its first line on: it loads the package, builds a graph of resources, starts and stops
// it once. Nothing is warm, as in a deploy, a scale-up or a function. The same layered graph, with asynchronous hooks that take no
// time, in Keelson and in its peers; every figure is of a process of its own, and they take turns, so that a busy machine hits all
// alike. `node bench/cold.mjs [rounds=25] [sizes=10,50,200]`
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { subjects } from './cold-peers.mjs'
import { layered } from './graphs.mjs'

const TARGET = { size: 50, peer: 'avvio', ratio: 0.7 }
const STEPS = ['import', 'start', 'stop']

if (process.argv[2] === '--once') await once(process.argv[3], Number(process.argv[4]))
else compare(Number(process.argv[2] ?? 25), (process.argv[3] ?? '10,50,200').split(',').map(Number))

/** The process that is measured. */
async function once(name, size) {
  const shape = layered(size)
  const order = []
  const closed = []
  const at = []
  const hooks = {
    open: async (i, deps) => {
      order.push(i)
      return { i, deps }
    },
    close: async (i) => {
      closed.push(i)
    },
    mark: () => at.push(now()),
  }
  const begin = now()
  await subjects[name](shape, hooks)
  prove(name, shape, order, closed)
  process.stdout.write(JSON.stringify(STEPS.map((_, step) => at[step] - (at[step - 1] ?? begin))))
}

/** In ms. The first touch of `performance` loads a part of Node, which those have to pay for themselves who use it. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Everything was started once, after what it depends on, and stopped once. */
function prove(name, shape, order, closed) {
  const places = new Map(order.map((i, place) => [i, place]))
  const right = shape.every(([, below], i) => below.every((j) => places.get(j) < places.get(i)))
  if (!right || places.size !== shape.length || order.length !== shape.length || new Set(closed).size !== closed.length)
    throw new Error(`${name} did not start each of the graph once, in order`)
  if (closed.length !== shape.length) throw new Error(`${name} stopped ${closed.length} of ${shape.length}`)
}

function compare(rounds, sizes) {
  const names = Object.keys(subjects)
  console.log(`node ${process.version}; ms in a fresh process, median (quartiles) of ${rounds}; the ratio is to ${TARGET.peer}`)
  for (const size of sizes) {
    const runs = Object.fromEntries(names.map((name) => [name, []]))
    for (let round = -1; round < rounds; round++) {
      // The order changes, so that nobody always comes after the most expensive one.
      for (let turn = 0; turn < names.length; turn++) {
        const name = names[(turn + Math.max(round, 0)) % names.length]
        const steps = run(name, size)
        if (round >= 0) runs[name].push([...steps, steps.reduce((sum, ms) => sum + ms)])
      }
    }
    console.log(`\n${size} resources    ${[...STEPS, 'in all'].map((step) => step.padStart(7)).join('   ')}`)
    for (const name of names) {
      const medians = [...STEPS, 0].map((_, step) =>
        quantile(
          runs[name].map((steps) => steps[step]),
          0.5,
        ),
      )
      const total = runs[name].map((steps) => steps.at(-1))
      const ratios = total.map((ms, round) => ms / runs[TARGET.peer][round].at(-1))
      console.log(
        `  ${name.padEnd(12)}${medians.map((ms) => ms.toFixed(1).padStart(7)).join('   ')} (${spread(total, 1)})   ${spread(ratios, 2, true)} x`,
      )
      if (name === 'keelson' && size === TARGET.size) {
        console.log(`  target: at most ${TARGET.ratio} x ${TARGET.peer}: ${verdict(ratios)}`)
      }
    }
  }
}

/** A busy machine hits the peers unevenly: a median alone would meet the target by chance. */
function verdict(ratios) {
  if (quantile(ratios, 0.75) <= TARGET.ratio) return 'met'
  return quantile(ratios, 0.25) > TARGET.ratio ? 'missed' : 'undecided, the quartiles lie on both sides'
}

function run(name, size) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--once', name, String(size)], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${name} with ${size} resources exited with ${status}: ${stderr}`)
  return JSON.parse(stdout)
}

function spread(values, digits, withMedian = false) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => quantile(values, q).toFixed(digits))
  return withMedian ? `${middle} (${low} to ${high})` : `${low} to ${high}`
}

function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round(q * (sorted.length - 1))]
}

// Runs the kernel through chance, on every core: random graphs, each through many schedules, and random lives in which callers,
// listeners and hooks call any public method at any time, one for every six runs. Prints what was done, and on a broken rule the seed
// and the shrunk schedule or life.
// `node --import tsx scripts/simulate.mjs [runs] [seed]`; the same seed does the same, on however many cores.
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { manyLives } from '../packages/kernel/src/test-support/calls/many.ts'
import { randomGraph, randomOptions, seeded } from '../packages/kernel/src/test-support/random-graph.ts'
import { simulate } from '../packages/kernel/src/testing.ts'
import { RUNS_PER_LIFE } from './reliability.mjs'

const RUNS_PER_GRAPH = 100
const LIVES_AT_ONCE = 100
const SIZES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 20]

/** What is being simulated, for an error that nobody in the kernel caught. */
let current = ''
process.on('uncaughtExceptionMonitor', () => console.error(`\n${current}: the kernel threw where nobody catches:`))

if (process.send === undefined) await main()
else process.once('message', work)

async function main() {
  const [runs = 100_000, seed = 1] = process.argv.slice(2).map(Number)
  const graphs = Math.ceil(runs / RUNS_PER_GRAPH)
  const lives = Math.ceil(runs / RUNS_PER_LIFE / LIVES_AT_ONCE) * LIVES_AT_ONCE
  const workers = Math.min(availableParallelism(), graphs)
  const begin = performance.now()
  const results = await Promise.all(
    Array.from({ length: workers }, (_, i) => inWorker({ first: seed + i, step: workers, last: seed + graphs - 1, seed, lives })),
  )
  const seconds = (performance.now() - begin) / 1000
  const sum = (pick) => results.reduce((total, result) => total + pick(result), 0)
  const done = sum((result) => result.runs)
  const failures = results.flatMap((result) => result.failures)
  console.log(`simulated ${done} runs of ${graphs} random graphs in ${seconds.toFixed(1)} s on ${workers} cores`)
  console.log(
    `  ${sum((result) => result.steps)} steps, ${(sum((result) => result.ms) / done).toFixed(2)} ms a run, seeds from ${seed}`,
  )
  const kinds = Object.keys(results[0].faults)
  console.log(`  ${kinds.map((kind) => `${kind} ${sum((result) => result.faults[kind] ?? 0)}`).join(', ')}`)
  for (const { graph, size, message } of failures) console.log(`\ngraph ${graph} of ${size} resources: ${message}`)
  const livesFailed = results.flatMap((result) => result.livesFailed)
  const lived = sum((result) => result.lives)
  console.log(
    `lived ${lived} lives, with ${sum((result) => result.calls)} calls of public methods at any time, seeds from ${seed}`,
  )
  for (const message of livesFailed) console.log(`\n${message}`)
  if (livesFailed.length > 0) {
    console.log(`\n${livesFailed.length} lives went wrong`)
    process.exitCode = 1
  }
  console.log(failures.length === 0 ? 'every rule held' : `\n${failures.length} graphs broke a rule`)
  if (failures.length > 0) process.exitCode = 1
}

/** In a process of its own, which has this one's loader. */
function inWorker(part) {
  return new Promise((resolve, reject) => {
    const worker = fork(fileURLToPath(import.meta.url))
    worker.once('message', resolve)
    worker.once('exit', (code) => reject(new Error(`a worker ended with exit code ${code}; its output is above`)))
    worker.send(part)
  })
}

async function work({ first, step, last, seed, lives }) {
  const total = { runs: 0, steps: 0, ms: 0, faults: {}, failures: [], lives: 0, calls: 0, livesFailed: [] }
  for (let graph = first; graph <= last; graph += step) {
    const size = SIZES[graph % SIZES.length]
    current = `graph ${graph} of ${size} resources`
    const random = seeded(graph)
    const resources = randomGraph(size, random)
    try {
      const { runs, steps, ms, faults } = await simulate(resources, {
        runs: RUNS_PER_GRAPH,
        seed: graph * RUNS_PER_GRAPH,
        ...randomOptions(random),
      })
      total.runs += runs
      total.steps += steps
      total.ms += ms
      for (const [kind, count] of Object.entries(faults)) total.faults[kind] = (total.faults[kind] ?? 0) + count
    } catch (error) {
      total.failures.push({ graph, size, message: error.message })
    }
  }
  for (let from = seed + (first - seed) * LIVES_AT_ONCE; from < seed + lives; from += step * LIVES_AT_ONCE) {
    current = `lives from ${from}`
    const { calls, failures } = await manyLives(from, LIVES_AT_ONCE)
    total.lives += LIVES_AT_ONCE
    total.calls += calls
    total.livesFailed.push(...failures)
    if (failures.length > 0) break
  }
  process.send(total, () => process.connected && process.disconnect())
}

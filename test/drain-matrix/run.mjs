// Runs the drain matrix on the Node that runs this file, over the built packages, and prints a line of JSON per cell.
// `--list` prints the cells without running them, `--alone` runs one at a time; any other argument chooses those whose protocol
// it is or whose name has it.
import { networkInterfaces } from 'node:os'
import { goawayCases } from './goaway-cases.mjs'
import { http1Cases } from './http1-cases.mjs'
import { http2Cases } from './http2-cases.mjs'
import { leftCases } from './left-cases.mjs'
import { listeningCases } from './listening-cases.mjs'
import { nestCases } from './nest-load.mjs'
import { pipeliningCases } from './pipelining-cases.mjs'
import { Stage } from './serving.mjs'
import { socketioCases } from './socketio-cases.mjs'
import { streamCases } from './stream-cases.mjs'
import { tlsCases } from './tls-cases.mjs'
import { upgradeCases } from './upgrade-cases.mjs'

/** Cells that run at a time: most of them wait. */
const AT_A_TIME = process.argv.includes('--alone') ? 1 : 5

/** Longer than any cell takes; a cell that hangs fails. */
const LIMIT = 20_000

const protocols = ['http', 'https', 'h2', 'h2c', 'nest']
const cases = [
  ...http1Cases,
  ...pipeliningCases,
  ...goawayCases,
  ...http2Cases,
  ...streamCases,
  ...leftCases,
  ...upgradeCases,
  ...socketioCases,
  ...tlsCases,
  ...listeningCases,
  ...nestCases,
]
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const cells = protocols
  .flatMap((protocol) => cases.filter(({ on }) => on.includes(protocol)).map((it) => ({ it, protocol })))
  .filter(({ it, protocol }) => words.every((word) => word === protocol || it.name.includes(word)))

// What a case that failed has left behind must not end those that run beside it.
process.on('unhandledRejection', (error) => process.stderr.write(`${error?.stack ?? error}\n`))

if (process.argv.includes('--list')) print(cells.map(describe))
else {
  const left = [...cells]
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (let cell = left.shift(); cell; cell = left.shift()) print([await result(cell)])
    }),
  )
  // A cell that hung may have left something open.
  process.exit()
}

function describe({ it, protocol }) {
  return { case: it.name, protocol, sees: it.sees }
}

async function result({ it, protocol }) {
  const stage = new Stage(protocol, it.allowed)
  const play = () => (it.measure ? it.measure() : stage.play(it))
  const described = describe({ it, protocol })
  if (it.name === 'dual-stack listener' && !hasIPv6()) return { ...described, ok: true, skipped: 'no IPv6' }
  let timer
  const limit = new Promise((_, reject) => {
    timer = setTimeout(reject, LIMIT, new Error(`not over after ${LIMIT} ms`))
  })
  try {
    return { ...described, ok: true, ms: await Promise.race([play(), limit]) }
  } catch (error) {
    return { ...described, ok: false, error: error.stack }
  } finally {
    clearTimeout(timer)
    stage.end()
  }
}

function hasIPv6() {
  return Object.values(networkInterfaces()).some((addresses) => addresses.some(({ address }) => address === '::1'))
}

function print(records) {
  for (const record of records) process.stdout.write(`${JSON.stringify(record)}\n`)
}

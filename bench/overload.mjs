// What becomes of requests when a server is offered three times what it can do: a Fastify app with admission, with @fastify/under-pressure,
// and with neither. Two kinds of work: `cpu` waits 20 ms as for a database, then takes 2 ms of the event loop; `pool` waits for one of
// 10 connections, then 20 ms. Each server is a process of its own. In every round each is measured unloaded (one request at a time) and
// overloaded, so that a busy machine hits all alike; the load does not wait for answers. Figures are medians over the rounds.
//
//   node bench/overload.mjs [rounds=3] [seconds=4] [--write]   writes docs/overload.md
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import underPressure from '@fastify/under-pressure'
import { fastifyServer } from '@keelson/fastify'
import { createKernel } from '@keelson/kernel'
import fastify from 'fastify'

const WAIT = 20
const BURN = 2
const POOL = 10
const TIMES = 3
/** A request that takes longer counts as lost, in ms. */
const PATIENCE = 5_000
const MAX_RATIO = 2
const MAX_REFUSAL = 5

/** What each server is told to keep to, by the kind of work. */
const LIMITS = {
  cpu: {
    admission: { maxEventLoopDelay: 10, maxEventLoopUtilization: 0.9 },
    underPressure: { maxEventLoopDelay: 10, maxEventLoopUtilization: 0.9, sampleInterval: 100 },
  },
  pool: { admission: { maxInFlight: POOL }, underPressure: { maxEventLoopDelay: 10, sampleInterval: 100 } },
}
const SERVERS = ['admission', 'under-pressure', 'neither']

const TITLES = {
  cpu: 'Work that takes the event loop: `maxEventLoopDelay: 10`, `maxEventLoopUtilization: 0.9`',
  pool: 'Work that waits for a pool: `maxInFlight: 10`',
}

const INTRODUCTION = `# What an overloaded server does

Written by \`node bench/overload.mjs ROUNDS SECONDS --write\` on MACHINE: medians of the rounds. A Fastify app is
offered three times what it can do, by clients that do not wait for answers: with \`admission\`, with
@fastify/under-pressure that is told the same (it looks every 100 ms, and has no limit of requests in flight), and with
neither. Work that takes the event loop waits 20 ms, then computes for 2 ms; a pool has 10 connections, which a request
uses for 20 ms. Times are in ms; unloaded is one request at a time in the same round, the ratio that of the two p99, and
lost what was not answered within 5 s. The targets: accepted requests within twice the p99 of an unloaded server, the
rest refused in less than 5 ms. On a machine that has other work to do, what a process waits for its turn is part of
every time.
`

async function cpu() {
  await later(WAIT)
  const end = performance.now() + BURN
  while (performance.now() < end);
  return 'ok'
}

let free = POOL
const waiting = []
async function pool() {
  if (free > 0) free--
  else await new Promise((resolve) => waiting.push(resolve))
  await later(WAIT)
  const next = waiting.shift()
  if (next) next()
  else free++
  return 'ok'
}

const WORK = { cpu, pool }

if (process.send) await serve(process.argv[2], process.argv[3])
else await measure(Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 4))

async function serve(work, kind) {
  const limits = LIMITS[work]
  const api = fastifyServer('api', {
    host: '127.0.0.1',
    ...(kind === 'admission' && { admission: limits.admission }),
    app: async () => {
      const app = fastify()
      if (kind === 'under-pressure') await app.register(underPressure, limits.underPressure)
      return app.get('/', WORK[work])
    },
  })
  const kernel = await createKernel([api]).start()
  process.send(kernel.get(api).port)
  await once(process, 'disconnect')
  process.exit()
}

async function measure(rounds, seconds) {
  console.log(`node ${process.version}: ${rounds} rounds of ${seconds} s at ${TIMES} times what a server can do`)
  const load = loadavg()[0].toFixed(1)
  const tables = []
  for (const work of Object.keys(WORK)) {
    const results = Object.fromEntries(SERVERS.map((kind) => [kind, []]))
    for (let round = 0; round < rounds; round++) {
      for (const kind of SERVERS.toSorted(() => Math.random() - 0.5)) results[kind].push(await play(work, kind, seconds))
    }
    report(work, results)
    tables.push(markdown(work, results))
  }
  if (!process.argv.includes('--write')) return
  const machine = `Node ${process.version} and a machine with ${availableParallelism()} cores, whose load was ${load} before`
  const introduction = INTRODUCTION.replace('ROUNDS', rounds).replace('SECONDS', seconds).replace('MACHINE', machine)
  writeFileSync(new URL('../docs/overload.md', import.meta.url), `${introduction}\n${tables.join('\n')}`)
}

/** One server, unloaded and then overloaded. */
async function play(work, kind, seconds) {
  const child = fork(fileURLToPath(import.meta.url), [work, kind])
  const [port] = await once(child, 'message')
  const client = loadClient(port)
  for (let i = 0; i < 50; i++) await client.ask()
  const unloaded = []
  while (unloaded.length < 100) {
    const { status, ms } = await client.ask()
    if (status === 200) unloaded.push(ms)
  }
  const capacity = work === 'cpu' ? 1_000 / BURN : (POOL * 1_000) / (WAIT + 1)
  // The first second, in which a server learns what it can do, is not of interest here.
  await client.offer(capacity * TIMES, 1)
  const answers = await client.offer(capacity * TIMES, seconds)
  client.close()
  child.disconnect()
  const accepted = answers.filter(({ status }) => status === 200).map(({ ms }) => ms)
  const refused = answers.filter(({ status }) => status === 503).map(({ ms }) => ms)
  const before = at(unloaded, 0.99)
  return {
    'unloaded p99': before,
    'accepted/s': accepted.length / seconds,
    'accepted p99': at(accepted, 0.99),
    ratio: at(accepted, 0.99) / before,
    'refused/s': refused.length / seconds,
    'refused p50': at(refused, 0.5),
    'refused p99': at(refused, 0.99),
    'lost/s': (answers.length - accepted.length - refused.length) / seconds,
  }
}

/** Requests on keep-alive connections, as many as there are requests that wait. */
function loadClient(port) {
  const idle = []
  const all = new Set()

  function open() {
    const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1')
    all.add(socket)
    socket.on('error', () => {})
    socket.on('data', (text) => socket.settle?.(Number(text.slice(9, 12))))
    socket.on('close', () => {
      all.delete(socket)
      socket.settle?.(0)
    })
    return socket
  }

  function ask() {
    const socket = idle.pop() ?? open()
    const sent = performance.now()
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), PATIENCE)
      socket.settle = (status) => {
        clearTimeout(timer)
        socket.settle = undefined
        if (status !== 0) idle.push(socket)
        resolve({ status, ms: performance.now() - sent })
      }
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    })
  }

  /** So many a second, whether they are answered or not. */
  async function offer(rate, seconds) {
    const answers = []
    const began = performance.now()
    for (let passed = 0; passed < seconds * 1_000; passed = performance.now() - began) {
      while (answers.length < (passed / 1_000) * rate) answers.push(ask())
      await later(1)
    }
    return await Promise.all(answers)
  }

  return {
    ask,
    offer,
    close() {
      for (const socket of all) socket.destroy()
    },
  }
}

function rowsOf(results) {
  const names = Object.keys(results.admission[0])
  const rows = Object.entries(results).map(([kind, rounds]) => [
    kind,
    ...names
      .map((name) => median(rounds.map((round) => round[name])))
      .map((cell) => (Number.isNaN(cell) ? '-' : cell.toFixed(1))),
  ])
  return { names, rows }
}

function markdown(work, results) {
  const { names, rows } = rowsOf(results)
  const lines = [['', ...names], ['---', ...names.map(() => '--:')], ...rows]
  return `## ${TITLES[work]}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

function report(work, results) {
  const { names, rows } = rowsOf(results)
  console.log(`\n${work.padEnd(16)}${names.map((name) => name.padStart(14)).join('')}`)
  for (const [kind, ...cells] of rows) console.log(`${kind.padEnd(16)}${cells.map((cell) => cell.padStart(14)).join('')}`)
  const ratio = median(results.admission.map((round) => round.ratio))
  const refusal = median(results.admission.map((round) => round['refused p99']))
  console.log(`target: accepted p99 at most ${MAX_RATIO} x unloaded: ${ratio <= MAX_RATIO ? 'met' : 'missed'}`)
  console.log(`target: refused p99 below ${MAX_REFUSAL} ms: ${refusal < MAX_REFUSAL ? 'met' : 'missed'}`)
}

function at(values, part) {
  return values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))] ?? Number.NaN
}

function median(values) {
  return at(values, 0.5)
}

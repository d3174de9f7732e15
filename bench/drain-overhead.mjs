// CPU a request costs a server with drainServer(), and one that is a resource and tells the ledger of work what is in flight, against a
// bare one: user + system time of the server's process, divided by
// the requests it answered over raw keep-alive sockets of the loopback. Each server has a process of its own. Processes of one
// and the same program differ by some per cent for their whole life, so every generation starts new ones; within a generation
// rounds alternate in random order. The figure is the median over generations of the ratio of their medians.
//
//   node bench/drain-overhead.mjs [generations=20] [rounds=12] [requests per round=4000]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'

const CONNECTIONS = 16
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const END = 'end of body'

if (process.send) await serve(process.argv[2])
else await measure(...[20, 12, 4_000].map((value, i) => Number(process.argv[i + 2] ?? value)))

async function serve(kind) {
  const answer = (_req, res) => {
    res.setHeader('content-type', 'text/plain')
    res.end(END)
  }
  if (kind === 'resource') {
    const [{ createKernel }, { httpServer }] = await Promise.all([import('@keelson/kernel'), import('@keelson/node')])
    const api = httpServer('api', { host: '127.0.0.1', listener: () => answer })
    const kernel = await createKernel([api]).start()
    process.send(kernel.get(api).port)
  } else {
    const server = createServer(answer)
    if (kind === 'drained') (await import('@keelson/node')).drainServer(server)
    server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  }
  let before = process.cpuUsage()
  process.on('message', (message) => {
    if (message === 'start') before = process.cpuUsage()
    const { user, system } = process.cpuUsage(before)
    process.send(user + system)
  })
}

async function measure(generations, rounds, requests) {
  const medians = { bare: [], drained: [], resource: [], again: [] }
  for (let i = 0; i < generations; i++) {
    const result = await generation(rounds, requests)
    for (const name of Object.keys(medians)) medians[name].push(result[name])
  }
  const ratios = (name) => medians[name].map((value, i) => value / medians.bare[i])
  console.log(
    `node ${process.version}: ${generations} × ${rounds} rounds of ${requests} requests, ${CONNECTIONS} keep-alive connections`,
  )
  console.log(`bare     ${median(medians.bare).toFixed(2)} µs CPU per request`)
  console.log(`drained  ${median(medians.drained).toFixed(2)} µs CPU per request`)
  console.log(`resource ${median(medians.resource).toFixed(2)} µs CPU per request`)
  console.log(`ratio drained / bare     ${summary(ratios('drained'))}`)
  console.log(`ratio resource / bare    ${summary(ratios('resource'))}`)
  console.log(
    `ratio resource / drained ${summary(medians.resource.map((value, i) => value / medians.drained[i]))}: what the ledger adds, with probes`,
  )
  console.log(`ratio bare / bare        ${summary(ratios('again'))}: the noise of this machine`)
}

/** Median CPU per request of each server, in microseconds. */
async function generation(rounds, requests) {
  const kinds = { bare: 'bare', drained: 'drained', resource: 'resource', again: 'bare' }
  const servers = {}
  for (const [name, kind] of Object.entries(kinds)) servers[name] = await start(kind)
  const names = Object.keys(servers)
  const cpu = Object.fromEntries(names.map((name) => [name, []]))
  for (const name of names) for (let i = 0; i < 3; i++) await round(servers[name], requests)
  for (let i = 0; i < rounds; i++) {
    for (const name of shuffled(names)) cpu[name].push(await round(servers[name], requests))
  }
  for (const { child } of Object.values(servers)) child.kill()
  return Object.fromEntries(names.map((name) => [name, median(cpu[name])]))
}

function shuffled(names) {
  const keys = new Map(names.map((name) => [name, Math.random()]))
  return names.toSorted((a, b) => keys.get(a) - keys.get(b))
}

async function start(kind) {
  const child = fork(new URL(import.meta.url).pathname, [kind], { execArgv: process.execArgv })
  const [port] = await once(child, 'message')
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1')
      await once(socket, 'connect')
      return socket
    }),
  )
  return { child, sockets }
}

/** Microseconds of CPU per request. */
async function round({ child, sockets }, requests) {
  await ask(child, 'start')
  let left = requests
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve, reject) => {
          let text = ''
          const next = () => {
            if (left-- > 0) socket.write(REQUEST)
            else {
              socket.removeAllListeners('data')
              resolve()
            }
          }
          socket.once('close', () => reject(new Error('the server closed a connection')))
          socket.on('data', (chunk) => {
            text += chunk
            if (!text.endsWith(END)) return
            text = ''
            next()
          })
          next()
        }),
    ),
  )
  for (const socket of sockets) socket.removeAllListeners('close')
  return (await ask(child, 'stop')) / requests
}

async function ask(child, message) {
  child.send(message)
  return (await once(child, 'message'))[0]
}

function summary(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (q) => sorted[Math.floor(q * (sorted.length - 1))].toFixed(3)
  return `${median(values).toFixed(3)} (quartiles ${at(0.25)} to ${at(0.75)})`
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

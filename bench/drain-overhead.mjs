// CPU a request costs a server with drainServer() against a bare one: user + system time of the server's process, divided by
// the requests it answered over raw keep-alive sockets of the loopback. Each kind has its own process, rounds alternate in
// random order, and the figure is the median of the ratios of adjacent rounds.
//
//   node bench/drain-overhead.mjs [rounds=60] [requests per round=4000]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'

const CONNECTIONS = 16
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const END = 'end of body'

if (process.send) await serve(process.argv[2] === 'drained')
else await measure(Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 4_000))

async function serve(drained) {
  const server = createServer((_req, res) => {
    res.setHeader('content-type', 'text/plain')
    res.end(END)
  })
  if (drained) (await import('@keelson/node')).drainServer(server)
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  let before = process.cpuUsage()
  process.on('message', (message) => {
    if (message === 'start') before = process.cpuUsage()
    const { user, system } = process.cpuUsage(before)
    process.send(user + system)
  })
}

async function measure(rounds, requests) {
  const kinds = { bare: await start('bare'), drained: await start('drained'), again: await start('bare') }
  const names = Object.keys(kinds)
  const cpu = Object.fromEntries(names.map((name) => [name, []]))
  for (const name of names) for (let i = 0; i < 3; i++) await round(kinds[name], requests)
  for (let i = 0; i < rounds; i++) {
    for (const name of names.toSorted(() => Math.random() - 0.5)) cpu[name].push(await round(kinds[name], requests))
  }
  for (const { child } of Object.values(kinds)) child.kill()

  const ratios = (name) => cpu[name].map((value, i) => value / cpu.bare[i])
  const line = (name) => `${name.padEnd(8)} ${median(cpu[name]).toFixed(2)} µs CPU per request`
  console.log(`node ${process.version}, ${rounds} rounds of ${requests} requests on ${CONNECTIONS} keep-alive connections`)
  console.log(line('bare'))
  console.log(line('drained'))
  console.log(`ratio drained / bare ${summary(ratios('drained'))}`)
  console.log(`ratio bare / bare    ${summary(ratios('again'))} (a second bare server: the noise of this machine)`)
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

// What one /readyz costs the process that answers it: CPU per request of probeHandler() in front of 20 checked resources, against
// node:http writing a prepared response of the same bytes (the floor), and against terminus with 20 checks (a peer).
// Each server is a process of its own; rounds take turns, and the median round counts, so that a busy machine hits all alike.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import terminus from '@godaddy/terminus'
import { createKernel, resource } from '@keelson/kernel'
import { probeHandler } from '@keelson/node'

const CHECKS = 20
const CONNECTIONS = 16
const ROUNDS = 15
const REQUESTS = 6_000
const TARGET = 1.06

const BODY = Buffer.from('ready')
const HEADERS = ['content-type', 'text/plain; charset=utf-8', 'content-length', '5', 'cache-control', 'no-store']

const servers = {
  'node:http': () => createServer((_req, res) => res.writeHead(200, HEADERS).end(BODY)),
  'node:http again': () => createServer((_req, res) => res.writeHead(200, HEADERS).end(BODY)),
  keelson: async () => {
    const resources = Array.from({ length: CHECKS }, (_, i) => resource(`r${i}`, { start: () => i, check: () => true }))
    const probe = probeHandler(await createKernel(resources).start())
    return createServer((req, res) => probe(req, res) || res.writeHead(404).end())
  },
  terminus: () => {
    const checks = Array.from({ length: CHECKS }, () => async () => true)
    const server = createServer((_req, res) => res.writeHead(404).end())
    return terminus.createTerminus(server, {
      healthChecks: { '/readyz': () => Promise.all(checks.map((check) => check())) },
      signals: [],
    })
  },
}

if (process.argv[2] === undefined) await compare()
else await serve(process.argv[2])

async function serve(name) {
  const server = await servers[name]()
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  let since
  process.on('message', (message) => {
    if (message === 'begin') since = process.cpuUsage()
    else if (message === 'end') {
      const { user, system } = process.cpuUsage(since)
      process.send({ micros: user + system })
      return
    } else process.exit()
    process.send({})
  })
}

async function compare() {
  const names = Object.keys(servers)
  const children = await Promise.all(names.map(start))
  for (const child of children) await load(child.port, REQUESTS)
  const rounds = children.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    // The order changes, so that nobody always comes after the most expensive one.
    for (let turn = 0; turn < names.length; turn++) {
      const i = (turn + round) % names.length
      await ask(children[i].process, 'begin')
      await load(children[i].port, REQUESTS)
      const { micros } = await ask(children[i].process, 'end')
      rounds[i].push(micros / REQUESTS)
    }
  }
  for (const child of children) child.process.send('exit')

  const medians = rounds.map(median)
  console.log(`/readyz: CPU per request, median of ${ROUNDS} rounds of ${REQUESTS} requests on ${CONNECTIONS} connections`)
  names.forEach((name, i) => {
    const ratio = median(rounds[i].map((micros, round) => micros / rounds[0][round]))
    console.log(`  ${name.padEnd(16)} ${medians[i].toFixed(1).padStart(7)} µs   ${ratio.toFixed(3)} x`)
  })
  const ratio = median(rounds[names.indexOf('keelson')].map((micros, round) => micros / rounds[0][round]))
  console.log(`  target: keelson at most ${TARGET} x node:http: ${ratio <= TARGET ? 'met' : 'missed'}`)
}

async function start(name) {
  const child = fork(fileURLToPath(import.meta.url), [name])
  const [{ port }] = await once(child, 'message')
  return { process: child, port }
}

async function ask(child, message) {
  child.send(message)
  const [answer] = await once(child, 'message')
  return answer
}

/** Keep-alive connections, each with one request at a time. */
async function load(port, requests) {
  let left = requests
  const client = async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const finished = once(socket, 'close')
    let text = ''
    const next = () => (left-- > 0 ? socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n') : socket.end())
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
      if (!isComplete(text)) return
      text = ''
      next()
    })
    next()
    await finished
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, client))
}

function isComplete(text) {
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`unexpected response: ${text.slice(0, 200)}`)
  const length = /content-length: (\d+)/i.exec(text)
  return length ? text.length >= text.indexOf('\r\n\r\n') + 4 + Number(length[1]) : text.endsWith('0\r\n\r\n')
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

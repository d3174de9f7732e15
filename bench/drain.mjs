// What clients lose when a server under load is told to stop: Keelson beside its peers, each as its documentation says, each given
// 10 s. The server is a process of its own that gets SIGTERM; the clients are raw sockets that keep to HTTP: they ask again as soon
// as they were answered, unless the answer said close or the connection has ended, and connect anew until nobody accepts.
//
//   node bench/drain.mjs [rounds=5] [name …] [--write]     only those named; --write: the table goes to docs/drain-peers.md
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { cpus } from 'node:os'

const BUSY = 50
const IDLE = 20
const GRACE = 10_000
/** The time a server may take before it is killed, in ms. */
const LIMIT = 15_000
/** The pipe on which a server writes the number of every request it begins; written at once, so that an exit loses none. */
const BEGUN = 4

const require = createRequire(import.meta.url)
const closed = (server) => new Promise((resolve) => server.close(resolve))
const exitAfter = (stop) => process.once('SIGTERM', () => stop().then(() => process.exit()))

/** How each is set up; `server` is what it drains. */
const servers = {
  '@keelson/node': async (server) => {
    const { drainServer } = await import('@keelson/node')
    const drainer = drainServer(server)
    exitAfter(() => drainer.drain({ signal: AbortSignal.timeout(GRACE) }))
  },
  'server.close()': (server) => exitAfter(() => closed(server)),
  '@godaddy/terminus': (server) => {
    const { createTerminus } = require('@godaddy/terminus')
    createTerminus(server, { signals: ['SIGTERM'], timeout: GRACE, useExit0: true })
  },
  stoppable: (server) => {
    require('stoppable')(server, GRACE)
    exitAfter(() => new Promise((resolve) => server.stop(resolve)))
  },
  'http-terminator': (server) => {
    const { createHttpTerminator } = require('http-terminator')
    const terminator = createHttpTerminator({ server, gracefulTerminationTimeout: GRACE })
    exitAfter(() => terminator.terminate())
  },
  lightship: async (server) => {
    const { createLightship } = await import('lightship')
    const lightship = await createLightship({ shutdownHandlerTimeout: GRACE, terminate: () => process.exit() })
    lightship.registerShutdownHandler(() => closed(server))
    lightship.signalReady()
  },
  'http-graceful-shutdown': (server) => {
    require('http-graceful-shutdown')(server, { timeout: GRACE, signals: 'SIGTERM' })
  },
  'close-with-grace': (server) => {
    require('close-with-grace')({ delay: GRACE, logger: false }, () => closed(server))
  },
  'fastify.close()': 'fastify',
}

if (process.send) await serve(process.argv[2])
else await compare(Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 5))

/** The server's process. */
async function serve(name) {
  let draining = false
  process.once('SIGTERM', () => {
    draining = true
  })
  const handle = (url, answer) => {
    const { searchParams } = new URL(url, 'http://localhost')
    writeSync(BEGUN, `${searchParams.get('id')}\n`)
    // An answer given after the drain began says so: it ought to say close, too.
    setTimeout(() => answer({ 'content-length': '2', ...(draining && { 'x-draining': '1' }) }), Number(searchParams.get('ms')))
  }
  if (name === 'fastify.close()') {
    const app = (await import('fastify')).default()
    app.get('/', (request, reply) => {
      handle(request.url, (headers) => reply.headers(headers).send('ok'))
    })
    exitAfter(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    process.send(app.server.address().port)
  } else {
    const server = createServer((req, res) => handle(req.url, (headers) => res.writeHead(200, headers).end('ok')))
    await servers[name](server)
    server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  }
}

async function compare(rounds) {
  const totals = new Map()
  const named = Object.keys(servers).filter((name) => process.argv.includes(name))
  for (let i = 0; i < rounds; i++) {
    for (const name of named.length > 0 ? named : Object.keys(servers)) {
      const result = await round(name)
      totals.set(name, [...(totals.get(name) ?? []), result])
    }
  }
  const sum = (results, key) => results.reduce((total, result) => total + result[key], 0)
  const table = [...totals].map(([name, results]) => [
    name,
    sum(results, 'answered'),
    sum(results, 'inFlight'),
    sum(results, 'accepted'),
    sum(results, 'onTheWire'),
    sum(results, 'refused'),
    sum(results, 'open'),
    time(results.map(({ took }) => took)),
  ])
  const head = ['', 'answered', 'lost in flight', 'lost accepted', 'lost on the wire', '503', 'kept open', 'done after']
  const text = markdown(head, table)
  console.log(text)
  if (process.argv.includes('--write')) {
    writeFileSync(new URL('../docs/drain-peers.md', import.meta.url), page(rounds, text))
  }
}

/** One server, told to stop under load. */
async function round(name) {
  const tally = { answered: 0, refused: 0, open: 0, lost: [] }
  const child = fork(new URL(import.meta.url).pathname, [name], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', ROARR_LOG: 'false' },
  })
  let begun = ''
  child.stdio[BEGUN].on('data', (chunk) => {
    begun += chunk
  })
  const exited = once(child, 'close')
  const [port] = await once(child, 'message')
  const load = { port, tally, ids: 0 }

  const idle = await Promise.all(Array.from({ length: IDLE }, () => idler(load)))
  const busy = Array.from({ length: BUSY }, () => worker(load))
  await wait(400)
  const slow = slowOne(load)
  await wait(100)
  const started = performance.now()
  const kill = setTimeout(() => child.kill('SIGKILL'), LIMIT)
  child.kill('SIGTERM')
  await exited
  const took = performance.now() - started
  clearTimeout(kill)
  await Promise.all([...busy, slow])
  for (const socket of idle) socket.destroy()

  const known = new Set(begun.split('\n').map(Number))
  const lost = (test) => tally.lost.filter(test).length
  return {
    ...tally,
    inFlight: lost(({ id }) => known.has(id)),
    accepted: lost(({ id, first }) => !known.has(id) && first),
    onTheWire: lost(({ id, first }) => !known.has(id) && !first),
    took,
  }
}

/** Asks without a pause, on one connection after the other, until nobody accepts. */
async function worker(load) {
  for (let line = await open(load); line; line = await open(load)) {
    while (await ask(load, line, Math.random() * 10));
    line.socket.destroy()
  }
}

async function slowOne(load) {
  const line = await open(load)
  if (line) await ask(load, line, 500)
  line?.socket.destroy()
}

/** A connection that was used once and is kept. */
async function idler(load) {
  const line = await open(load)
  await ask(load, line, 0)
  return line.socket
}

/** A connection, or undefined when it was refused. */
async function open({ port }) {
  const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1')
  const line = { socket, ended: false, first: true, heard: () => {} }
  const end = () => {
    line.ended = true
    line.heard('')
  }
  socket.on('data', (chunk) => line.heard(chunk))
  socket.on('end', end)
  socket.on('close', end)
  socket.on('error', end)
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {})
  return socket.readyState === 'open' ? line : undefined
}

/** One request; resolves to whether another one may follow on this connection. */
function ask(load, line, ms) {
  if (line.ended) return false
  const { tally } = load
  const id = ++load.ids
  const { first } = line
  line.first = false
  return new Promise((resolve) => {
    let text = ''
    line.heard = (chunk) => {
      text += chunk
      const end = text.indexOf('\r\n\r\n')
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
      const whole = end >= 0 && text.length >= end + 4 + length
      if (!whole && !line.ended) return
      line.heard = () => {}
      if (!whole) {
        tally.lost.push({ id, first })
        resolve(false)
        return
      }
      const close = /\r\nconnection: close\r\n/i.test(text)
      if (text.startsWith('HTTP/1.1 503')) tally.refused++
      else tally.answered++
      if (/\r\nx-draining: 1/i.test(text) && !close) tally.open++
      resolve(!close && !line.ended)
    }
    line.socket.write(`GET /?id=${id}&ms=${ms.toFixed(1)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  })
}

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function time(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const worst = sorted.at(-1)
  return worst >= LIMIT
    ? `killed after ${LIMIT / 1000} s`
    : `${sorted[sorted.length >> 1].toFixed()} ms (at most ${worst.toFixed()})`
}

function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [
    line(head),
    `|---|${head
      .slice(1)
      .map(() => '--:|')
      .join('')}`,
    ...rows.map(line),
  ].join('\n')
}

function page(rounds, table) {
  const version = (name) => JSON.parse(readFileSync(packageOf(name), 'utf8')).version
  const peers = [
    '@godaddy/terminus',
    'stoppable',
    'http-terminator',
    'lightship',
    'http-graceful-shutdown',
    'close-with-grace',
    'fastify',
  ]
  return `# What clients lose while a server stops

Written by \`node bench/drain.mjs ${rounds} --write\` on Node ${process.version} and a machine with ${cpus().length} cores: sums of ${rounds} rounds. In each round a server in a
process of its own is under the continuous load of ${BUSY} keep-alive connections whose requests take 0 to 10 ms, has one request of
500 ms in flight, and ${IDLE} idle connections. Then it gets SIGTERM. The clients ask on as long as they may: not on a connection
whose end they have seen or that said \`Connection: close\`, and not once nobody accepts a new one. Every server is given 10 s.

${table}

- **lost in flight**: the server had begun the request, and the client never got its answer.
- **lost accepted**: the first request of an established connection ended without an answer, and the server never began it.
- **lost on the wire**: the same of a later request, sent before the client could know that the connection was closed.
- **503**: refused by the server itself while it stopped.
- **kept open**: answers that began after SIGTERM without \`Connection: close\`: they invite a request that may be lost.
- **done after**: from SIGTERM to the end of the process, the median of the rounds.

Versions: ${peers.map((name) => `${name} ${version(name)}`).join(', ')}. Lightship and close-with-grace close no connections themselves: they are used with
\`server.close()\`, which goes on serving connections that are kept busy: what is lost then is what the end of the process cuts.
http-terminator accepts connections until it is done and destroys them; a client that tries again at once is counted each time. Lightship asks for Node 22.13 or newer${process.versions.node.startsWith('20.') ? '; it ran here all the same' : ''}.
`
}

/** The manifest of a package, which not every package exports. */
function packageOf(name) {
  return new URL(`node_modules/${name}/package.json`, import.meta.url)
}

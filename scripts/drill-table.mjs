// What the drill says of services, each set up as its documentation has it, and of the same ones on Keelson. It takes ten minutes, for what does not
// end is given its grace each time; so it is run by hand, not in CI.
//
//   node scripts/drill-table.mjs [framework …] [--write]     only those; --write: the tables go to docs/drill.md
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { database } from '../test/drill/database.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The file and the argument of each, and how it is called. */
const SERVICES = [
  ['express', 'nothing', 'Express'],
  ['express', 'server.close()', 'Express, `server.close()` at SIGTERM'],
  ['express', 'http-terminator', 'Express, http-terminator'],
  ['express', 'lightship', 'Express, lightship'],
  ['express', 'terminus', 'Express, @godaddy/terminus'],
  ['express', 'keelson', 'Express on Keelson'],
  ['fastify', 'app.close()', 'Fastify, `app.close()` at SIGTERM'],
  ['fastify', 'close-with-grace', 'Fastify, close-with-grace'],
  ['fastify', 'keelson', 'Fastify on Keelson'],
  ['nest', 'nothing', 'Nest'],
  ['nest', 'hooks', 'Nest, `enableShutdownHooks()`'],
  ['nest', 'terminus', 'Nest, the same and @nestjs/terminus'],
  ['nest', 'keelson', 'Nest on Keelson'],
]

const OTHERS = [
  'idle-keep-alive',
  'client-leaves',
  'term-twice',
  'term-while-starting',
  'ctrl-c-under-a-shell',
  'dependency-wedged',
  'dependency-cut',
]

const PEERS = [
  'express',
  'fastify',
  '@nestjs/core',
  '@godaddy/terminus',
  '@nestjs/terminus',
  'http-terminator',
  'lightship',
  'close-with-grace',
]

const words = process.argv.slice(2)
const wanted = SERVICES.filter(([file]) => words.every((word) => word.startsWith('--')) || words.includes(file))
const reports = []
for (const [file, how, name] of wanted) {
  console.error(name)
  reports.push([name, await drilled(file, how)])
}
const text = tables()
console.log(text)
if (words.includes('--write')) writeFileSync(`${root}/docs/drill.md`, page(text))

async function drilled(file, how) {
  const { address, close } = await database()
  const paths = ['/', '/', '/', '/report'].flatMap((path) => ['--path', path])
  const ready = how === 'lightship' ? '/ready' : '/readyz'
  const options = ['--json', '--grace', '10', ...paths, '--ready', ready, '--dependency', `UPSTREAM=${address}`]
  const child = spawn(
    process.execPath,
    ['packages/cli/dist/keelson.js', 'drill', ...options, '--', process.execPath, `test/drill/${file}.mjs`, how],
    {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production', ROARR_LOG: 'false', UPSTREAM: address },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  await new Promise((resolve) => child.once('close', resolve))
  close()
  if (out === '') throw new Error(err)
  return new Map(JSON.parse(out).scenarios.map((scenario) => [scenario.scenario, scenario]))
}

function tables() {
  const head = [
    'SIGTERM under load',
    'lost',
    'in flight',
    'accepted',
    'on the wire',
    'refused',
    '5xx',
    'not ready before',
    'time',
    'exit',
  ]
  return [
    markdown(
      head,
      reports.map(([name, scenarios]) => [name, ...underLoad(scenarios.get('term-under-load'))]),
    ),
    markdown(
      ['', ...OTHERS],
      reports.map(([name, scenarios]) => [name, ...OTHERS.map((scenario) => cell(scenarios.get(scenario)))]),
    ),
  ].join('\n\n')
}

function underLoad({ requests, readiness, timeMs, killed, exit }) {
  const { inFlight, accepted, onTheWire, turnedAway, failed } = requests
  const lost = inFlight + accepted + onTheWire + failed
  const { flippedMs, closedMs } = readiness
  const before = flippedMs === undefined || flippedMs > closedMs ? 'no' : seconds(closedMs - flippedMs)
  return [
    lost,
    inFlight,
    accepted,
    onTheWire - turnedAway,
    turnedAway,
    failed,
    before,
    killed ? 'killed' : seconds(timeMs),
    how(exit),
  ]
}

/** In how many words a scenario failed, or how long it took. */
function cell({ ok, killed, requests, timeMs, exit, left, servedMs, errors }) {
  const lost = requests && requests.inFlight + requests.accepted + requests.onTheWire + requests.failed
  const told = [
    killed ? 'killed' : seconds(timeMs),
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(exit.code > 0 && !killed ? [how(exit)] : []),
    ...(left.length > 0 ? ['left a process'] : []),
    ...(servedMs === undefined ? [] : ['went on']),
    ...(errors.length > 0 ? ['an error'] : []),
  ]
  return `${ok ? '' : '✗ '}${told.join(', ')}`
}

function how({ code, signal }) {
  return signal ?? `code ${code}`
}

function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`
}

function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|---|${'--:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n')
}

function page(text) {
  const versions = PEERS.map(
    (name) => `${name} ${JSON.parse(readFileSync(`${root}/test/node_modules/${name}/package.json`, 'utf8')).version}`,
  )
  return `# What services lose when they are told to end

Written by \`node scripts/drill-table.mjs --write\` on Node ${process.version} and a machine with ${cpus().length} cores, from one run of
[\`keelson drill\`](../packages/cli#keelson-drill) for each service. All of them are one service, which answers from a database over TCP, three of four
requests in 20 ms and one in 200 ms, and closes its connection at the end: [test/drill](../test/drill) has them, each set up as its documentation has it. Where that can be asked
for, it goes on for 1.5 s in which it says that it is not ready, and takes at most 8 s to end. The platform gives 10 s; the load is 200 requests per second on 20 kept connections and on new ones;
a balancer needs 1 s to notice. The machine had other work to do: times are for comparison. ✗ is a failure by the thresholds of the drill.

${text}

- **in flight**: the service had read the request; its answer never came, or was cut.
- **accepted**: the first request of a connection that the operating system had accepted, never read. http-terminator accepts connections until it is done, and destroys them.
- **on the wire**: a later request of a kept connection, never read.
- **refused**: connections refused before a balancer could notice that the service is not ready, or that its port is closed. Where the platform waits before it
  sends SIGTERM, as Kubernetes does with a \`preStop\` that sleeps, there are none of these.
- **5xx**: answers that are errors only since the signal.
- **not ready before**: how long before its port was closed it said that it is not ready.
- **idle-keep-alive** has four connections that wait for their next request and two that have sent nothing yet, as balancers and browsers open them ahead. \`server.close()\` of
  Node closes the first, and waits for the others.
- **ctrl-c-under-a-shell**, **dependency-wedged**, **dependency-cut**: what is lost is told and is no failure; what a wedged dependency does not answer, nobody can.

Try it on yours: \`npx keelson drill -- node server.js\`.

Versions: ${versions.join(', ')}. Lightship asks for Node 22.13 or newer${process.versions.node.startsWith('20.') ? '; it ran here all the same' : ''}.
`
}

// What @keelson/mcp-proxy adds to a call of a tool: `echo` of @modelcontextprotocol/server-everything, called directly, through the
// proxy, and through mcp-proxy (npm), over standard streams and streamable HTTP. Each is a process of its own.
//
// 1. Latency of one call after the other, and calls per second of 16 callers in one session. Rounds alternate in random order; the
//    figures are medians over the rounds, the ratios those of the rounds' own. The clients are as bare as clients can be, and that of
//    the SDK, which most have, with `sdk`. CPU is that of the process that is called, with 16 callers: not of what is behind a proxy.
// 2. CPU of the proxy with 100 idle servers, their health checks included.
//
//   node bench/proxy.mjs [rounds=10] [calls per round=400] [bare|sdk] [name of one kind]
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bareHttp, bareStdio, sdkHttp, sdkStdio } from './proxy/callers.mjs'
import { EVERYTHING, endAll, freePort, keelson, peer, start } from './proxy/processes.mjs'

// The SDK's client has one signal for all its requests.
setMaxListeners(0)

const [rounds = '10', calls = '400', client = 'bare', only = ''] = process.argv.slice(2)
const CALLERS = 16
const [stdio, http] = client === 'sdk' ? [sdkStdio, sdkHttp] : [bareStdio, bareHttp]
const everything = { ev: { command: process.execPath, args: [EVERYTHING, 'stdio'], limit: { limit: 1e9, window: 1_000 } } }

const KINDS = {
  'stdio, directly': () => overStdio([EVERYTHING, 'stdio'], 'echo'),
  'stdio, keelson': () => overStdio(keelson(everything, '--stdio'), 'ev__echo'),
  'HTTP, directly': () => overHttp(() => [EVERYTHING, 'streamableHttp'], 'echo'),
  'HTTP, keelson': () => overHttp((port) => keelson(everything, '--port', String(port)), 'ev__echo'),
  'HTTP, mcp-proxy': () => overHttp(peer, 'echo'),
}

console.log(`node ${process.version}, the ${client} client, ${rounds} rounds of ${calls} calls`)
if (only !== 'idle') await callsOf(Object.keys(KINDS).filter((kind) => kind.includes(only)))
if (only === '' || only === 'idle') await idle(100)
await endAll()

async function overStdio(args, tool) {
  const child = await start(args)
  return { pid: child.pid, call: await stdio(child, tool) }
}

async function overHttp(argsFor, tool) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/mcp`
  const { pid } = await start(argsFor(port), { at: url, env: { PORT: String(port) } })
  return { pid, call: await http(url, tool) }
}

async function callsOf(names) {
  const called = {}
  for (const name of names) {
    called[name] = await KINDS[name]()
    const { content } = await called[name].call('hello')
    if (content[0].text !== 'Echo: hello') throw new Error(`${name} answers ${JSON.stringify(content)}`)
  }
  const seen = Object.fromEntries(names.map((name) => [name, { p50: [], p99: [], perSecond: [], cpu: [] }]))
  for (let round = 0; round < Number(rounds) + 3; round++) {
    for (const name of names.toSorted(() => Math.random() - 0.5)) {
      const { pid, call } = called[name]
      const latency = await oneAfterTheOther(call)
      const before = cpuOf(pid)
      const perSecond = await atOnce(call)
      if (round < 3) continue
      seen[name].p50.push(quantile(latency, 0.5))
      seen[name].p99.push(quantile(latency, 0.99))
      seen[name].perSecond.push(perSecond)
      seen[name].cpu.push(((cpuOf(pid) - before) * 1_000) / (Number(calls) * 2))
    }
  }
  for (const [name, { p50, p99, perSecond, cpu }] of Object.entries(seen)) {
    const [low, high] = [quantile(p50, 0.5).toFixed(2), quantile(p99, 0.5).toFixed(2)]
    const rate = `${quantile(perSecond, 0.5).toFixed(0)} calls/s with ${CALLERS} callers`
    const own = (cpu.reduce((sum, each) => sum + each, 0) / cpu.length).toFixed(0)
    console.log(
      `${name.padEnd(16)} p50 ${low} ms, p99 ${high} ms, ${rate.padStart(31)}, ${own.padStart(4)} µs CPU of its own for each`,
    )
  }
  compare(seen, 'stdio, keelson', 'stdio, directly')
  compare(seen, 'HTTP, keelson', 'HTTP, mcp-proxy')
}

function compare(seen, one, other) {
  const [ours, theirs] = [seen[one], seen[other]]
  if (ours === undefined || theirs === undefined) return
  const of = (key, how) => ours[key].map((value, round) => how(value, theirs[key][round]))
  const more = quantiles(of('p50', (a, b) => a - b))
  const slower = quantiles(of('p50', (a, b) => a / b))
  const rate = quantiles(of('perSecond', (a, b) => a / b))
  console.log(`${one} / ${other}: p50 ${more} ms more, ${slower} times, calls/s ${rate} times`)
}

async function oneAfterTheOther(call) {
  const times = []
  for (let n = 0; n < Number(calls); n++) {
    const begun = performance.now()
    await call(`message ${n}`)
    times.push(performance.now() - begun)
  }
  return times
}

async function atOnce(call) {
  const all = Number(calls) * 2
  let left = all
  const begun = performance.now()
  const caller = async () => {
    while (left-- > 0) await call(`message ${left}`)
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return (all * 1_000) / (performance.now() - begun)
}

async function idle(count) {
  const scripted = fileURLToPath(new URL('../packages/mcp-proxy/src/test-support/scripted-server.mjs', import.meta.url))
  const entry = { command: process.execPath, args: [scripted], timeouts: { start: 300_000 } }
  const servers = Object.fromEntries(Array.from({ length: count }, (_, n) => [`s${n}`, entry]))
  const port = await freePort()
  const { pid } = await start(keelson(servers, '--port', String(port)), { at: `http://127.0.0.1:${port}/mcp` })
  await sleep(5_000)
  const [before, begun] = [cpuOf(pid), performance.now()]
  await sleep(60_000)
  const percent = ((cpuOf(pid) - before) * 100) / (performance.now() - begun)
  console.log(`${count} idle servers take ${percent.toFixed(2)} % of a core in the proxy`)
}

/** What the system has counted for a process, in ms; by /proc, so on Linux only. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function quantile(values, at) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * at)]
}

function quantiles(values) {
  return `${quantile(values, 0.5).toFixed(2)} (${quantile(values, 0.25).toFixed(2)} to ${quantile(values, 0.75).toFixed(2)})`
}

// What being looked at costs: 200 resources in a graph, each with a check every 5 s, and one page open, as a part of one core beyond what the kernel
// takes by itself. `node bench/inspector.mjs [resources] [interval in ms] [seconds]`
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { inspector } from '@keelson/inspector'
import { createKernel, resource } from '@keelson/kernel'

const [count = 200, interval = 5_000, seconds = 20] = process.argv.slice(2).map(Number)
const LIMIT = 1

/** Reads a stream as a page does, in a process of its own. */
if (process.env.LOOK_AT !== undefined) {
  const response = await fetch(`${process.env.LOOK_AT}/inspector/events`)
  let bytes = 0
  process.on('message', () => process.send(bytes))
  process.send('looking')
  for await (const chunk of response.body) bytes += chunk.length
}

function resources() {
  const made = []
  for (let i = 0; i < count; i++) {
    const below = { a: made[i - 7], b: made[i - 3] }
    const dependsOn = Object.fromEntries(Object.entries(below).filter(([, each]) => each !== undefined))
    const hooks = { start: () => i, check: async () => {}, drain: () => {}, stop: () => {} }
    made.push(resource(`resource-${i}`, { dependsOn, labels: { team: `team-${i % 9}` }, monitor: { interval }, ...hooks }))
  }
  return made
}

async function cpuShare() {
  const before = process.cpuUsage()
  const begin = performance.now()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 10 / (performance.now() - begin)
}

async function asked(page) {
  page.send('how much')
  const [bytes] = await once(page, 'message')
  return bytes
}

if (process.env.LOOK_AT === undefined) {
  const kernel = createKernel(resources(), { name: 'bench' })
  await kernel.start()
  // Histories are full, as in a process that has run for long.
  for (let i = 0; i < 50; i++) await kernel.check()
  const alone = await cpuShare()
  const inspect = inspector(kernel)
  const server = createServer(inspect.handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const nobody = await cpuShare()
  const env = { ...process.env, LOOK_AT: `http://127.0.0.1:${server.address().port}` }
  const page = spawn(process.execPath, [fileURLToPath(import.meta.url)], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await once(page, 'message')
  const hello = await asked(page)
  const looked = await cpuShare()
  const bytes = (await asked(page)) - hello
  const cost = looked - alone
  console.log(`${count} resources with a check every ${interval} ms, in % of one core:`)
  console.log(`  the kernel alone             ${alone.toFixed(2)}`)
  console.log(`  with an inspector            ${nobody.toFixed(2)}`)
  console.log(`  and one page that looks      ${looked.toFixed(2)}   ${(bytes / 1_024 / seconds).toFixed(0)} KiB a second`)
  console.log(`limit of what looking costs ${LIMIT} %: ${cost.toFixed(2)} %, ${cost <= LIMIT ? 'kept' : 'exceeded'}`)
  page.kill()
  await inspect.close()
  server.close()
  await kernel.shutdown()
}

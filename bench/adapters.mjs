// What a command through the value of a resource costs against the same command through the bare driver: the value is the driver's client,
// so the ratio is to be 1.00 within the noise of the machine, which the second bare client shows. Rounds alternate in random order in
// one process; the figure is the median of the ratios of adjacent rounds. And how long it takes from the end of the server's process
// until readiness says so.
//
//   node bench/adapters.mjs [name of a file in bench/adapters] [rounds=40]
import { readdirSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { createKernel } from '@keelson/kernel'

const [only = '', rounds = '40'] = process.argv.slice(2)
const files = readdirSync(new URL('adapters/', import.meta.url)).filter((file) => file.startsWith(only))

for (const file of files) {
  const { default: subjects } = await import(new URL(`adapters/${file}`, import.meta.url))
  for (const subject of await subjects()) await measure(subject)
}

/**
 * `server`: what packages/test-servers starts; `resource` and `bare()`: the same client with and without Keelson; `command(client)`: one
 * round trip; `close(client)` ends the bare one.
 */
async function measure({ name, server, resource, bare, command, close, commands = 500 }) {
  const kernel = await createKernel([resource]).start()
  const [first, second] = [await bare(), await bare()]
  const clients = { bare: first, resource: kernel.get(resource), again: second }
  const times = { bare: [], resource: [], again: [] }
  for (let i = 0; i < Number(rounds) + 5; i++) {
    for (const kind of Object.keys(clients).toSorted(() => Math.random() - 0.5)) {
      const begun = performance.now()
      for (let n = 0; n < commands; n++) await command(clients[kind])
      if (i >= 5) times[kind].push(((performance.now() - begun) * 1_000) / commands)
    }
  }
  const ratio = (kind) => quartiles(times[kind].map((value, i) => value / times.bare[i]))
  console.log(`${name}: node ${process.version}, ${rounds} rounds of ${commands} commands, ${quartiles(times.bare)} µs each`)
  console.log(`  ratio resource / bare ${ratio('resource')}`)
  console.log(`  ratio bare / bare     ${ratio('again')} (the noise of this machine)`)
  await Promise.all([first, second].map(close))

  const unready = new Promise((resolve) => kernel.on('probe:change', ({ probe }) => probe.ready || resolve(performance.now())))
  const killed = server.kill().then(() => performance.now())
  console.log(`  unready ${((await unready) - (await killed)).toFixed(1)} ms after the server's process has ended`)
  await server.start()
  await kernel.shutdown()
  await server.stop()
}

function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part) => sorted[Math.floor((sorted.length - 1) * part)].toFixed(2)
  return `${at(0.5)} (${at(0.25)} to ${at(0.75)})`
}

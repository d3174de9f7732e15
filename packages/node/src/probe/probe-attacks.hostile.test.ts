// Attacked: the probe port: heads, targets, bodies and pipelines that nobody should send.
import { createKernel, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { openProbeServer } from '../server/probe-server.js'
import { PROBE_ATTACKS, type ProbeAttack, SECRET_WORDS, verdict } from '../test-support/probe-attacks.js'
import { rawClient } from '../test-support/raw-client.js'

/** Some connections stay open, for a body or a request that never comes. They are looked at so often, in ms, and given up at the end. */
const LOOK = 300
const PATIENCE = 10_000

async function receive(port: number, attack: ProbeAttack): Promise<string> {
  const client = await rawClient(port)
  client.socket.write(Buffer.from(attack.bytes, 'latin1'))
  const look = setInterval(() => verdict(attack, client.text()) ?? client.socket.destroy(), LOOK)
  const end = setTimeout(() => client.socket.destroy(), PATIENCE)
  await client.ended
  clearInterval(look)
  clearTimeout(end)
  return client.text()
}

test(`[Q1] P1 holds against ${PROBE_ATTACKS.length} attacks, and answers the next probe`, async ({ task }) => {
  Object.assign(task.meta, { attacks: PROBE_ATTACKS.length })
  const [name = '', password = ''] = SECRET_WORDS
  const error = new Error(`connect mongodb://root:${password}@10.0.0.7`)
  const db = resource(name, { start: (_deps, ctx) => ctx.unhealthy(error), impact: 'none' })
  const kernel = await createKernel([db]).start()
  const server = await openProbeServer(kernel, { port: 0, host: '127.0.0.1' })
  const wrong: string[] = []
  for (let i = 0; i < PROBE_ATTACKS.length; i += 16) {
    const some = PROBE_ATTACKS.slice(i, i + 16)
    for (const [at, received] of (await Promise.all(some.map((attack) => receive(server.port, attack)))).entries()) {
      const problem = verdict(some[at]!, received)
      if (problem) wrong.push(`${some[at]!.name}: ${problem}`)
    }
  }
  expect(wrong).toEqual([])
  expect(PROBE_ATTACKS.length).toBeGreaterThanOrEqual(212)
  expect((await fetch(server.probeUrl)).status).toBe(200)
  await server.close()
  await kernel.shutdown()
})

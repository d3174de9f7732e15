import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { expect, it, onTestFinished } from 'vitest'
import { arrival } from '../catalog/arrival.js'
import { Audience } from '../catalog/audience.js'
import { Catalog } from '../catalog/catalog.js'
import { readServers } from '../config/servers-file.js'
import { Fleet } from './fleet.js'
import { serversWatch } from './servers-watch.js'

const SERVER = fileURLToPath(new URL('../test-support/scripted-server.mjs', import.meta.url))

it('a change that is made between the first reading of the file and the start is followed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'servers-watch-'))
  const file = join(folder, 'servers.json')
  const write = (mcpServers: object) => writeFileSync(file, JSON.stringify({ mcpServers }))
  write({})
  const audience = new Audience()
  const catalog = resource('proxy:catalog', { start: (_deps, { kernel }) => new Catalog(kernel, audience) })
  const fleet = new Fleet(await readServers(file, process.env), {
    catalog,
    audience,
    arrival: arrival('proxy:arrival', audience, false),
    kernel: () => kernel,
  })
  const kernel: Kernel = createKernel([
    catalog,
    serversWatch('proxy:servers', { catalog, file, fleet, http: {}, kernel: () => kernel }),
  ])
  onTestFinished(async () => {
    await kernel.shutdown()
    rmSync(folder, { recursive: true })
  })
  write({ one: { command: process.execPath, args: [SERVER] } })
  await kernel.start()
  const states = () => kernel.inspect().resources.map(({ name, state }) => `${name} ${state}`)
  await expect.poll(states, { timeout: 20_000 }).toContain('one:tools running')
})

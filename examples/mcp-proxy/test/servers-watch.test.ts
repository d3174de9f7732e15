import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { expect, it, onTestFinished } from 'vitest'
import { Catalog } from '../src/catalog.js'
import { Fleet } from '../src/fleet.js'
import { readServers } from '../src/servers-file.js'
import { serversWatch } from '../src/servers-watch.js'
import { scripted } from './proxy.js'

it('a change that is made between the first reading of the file and the start is followed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'servers-watch-'))
  const file = join(folder, 'servers.json')
  const write = (mcpServers: object) => writeFileSync(file, JSON.stringify({ mcpServers }))
  write({})
  const catalog = resource('proxy:catalog', { start: (_deps, { kernel }) => new Catalog(kernel) })
  const fleet = new Fleet(await readServers(file, process.env), catalog)
  const kernel: Kernel = createKernel([catalog, serversWatch('proxy:servers', { file, fleet, kernel: () => kernel })])
  onTestFinished(async () => {
    await kernel.shutdown()
    rmSync(folder, { recursive: true })
  })
  write({ one: scripted() })
  await kernel.start()
  const states = () => kernel.inspect().resources.map(({ name, state }) => `${name} ${state}`)
  await expect.poll(states, { timeout: 20_000 }).toContain('one:tools running')
})

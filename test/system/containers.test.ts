import { readFileSync } from 'node:fs'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@keelson/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryTable, SHELLS } from './container-entries.js'
import { DockerDaemon } from './docker-daemon.js'
import { makeNodeImage, type Shells } from './node-image.js'

const page = fileURLToPath(new URL('../../docs/containers.md', import.meta.url))
const text = readFileSync(page, 'utf8')
/** Where the page has what was measured. */
const TABLE = /<!-- entries -->[\s\S]*?<!-- end -->/

const daemon = new DockerDaemon()
let shells: Shells

beforeAll(async () => {
  await daemon.start()
  shells = await makeNodeImage(daemon, SHELLS)
}, 120_000)

afterAll(() => daemon.dispose(), 120_000)

describe('X5 a container', () => {
  it('is stopped as docs/containers.md says, for every entry and shell', async () => {
    expect(text).toMatch(TABLE)
    const measured = await entryTable(daemon, shells)
    const written = text.replace(TABLE, () => `<!-- entries -->\n\n${measured}\n\n<!-- end -->`)
    await expect(written).toMatchFileSnapshot(page)
  })

  it('is healthy by the HEALTHCHECK of docs/containers.md while its kernel lives, and not after', async () => {
    const port = await freePort()
    const [, command = ''] = /^HEALTHCHECK [\s\S]*?CMD (\[.*\])$/m.exec(text) ?? []
    const parts = JSON.parse(command) as string[]
    const container = await daemon.run('checked', {
      Image: 'node:latest',
      Cmd: ['node', 'service.mjs'],
      WorkingDir: '/app',
      Env: [`PORT=${port}`, 'WAIT=1', 'PATH=/usr/bin:/bin'],
      HostConfig: { NetworkMode: 'host' },
      Healthcheck: {
        Test: ['CMD', ...parts.map((part) => part.replace(':3000/', `:${port}/`))],
        Interval: 500e6,
        Timeout: 10e9,
        Retries: 1,
        StartPeriod: 60e9,
      },
    })
    const health = async () => (await container.inspect()).State.Health
    const until = async (status: string) => {
      for (const end = Date.now() + 60_000; (await health())?.Status !== status; await later(100)) {
        if (Date.now() > end) expect(await health()).toMatchObject({ Status: status })
      }
    }
    await until('healthy')
    await fetch(`http://127.0.0.1:${port}/fail`)
    await until('unhealthy')
    expect((await health())?.Log.at(-1)?.ExitCode).toBe(1)
  })
})

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { runFixture } from './child.js'

function pidBehind(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, agent: false }, async (res) => {
      let body = ''
      for await (const chunk of res) body += chunk
      resolve(Number(body))
    })
      .on('error', reject)
      .end()
  })
}

it.skipIf(process.platform !== 'linux')(
  'N6 of processes that find a stale socket at once, one has it, and the others say so',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-stale-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (let round = 0; round < 5; round++) {
      const path = join(folder, `${round}.sock`)
      const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
      spawnSync(process.execPath, ['-e', program])
      const children = Array.from({ length: 4 }, () => runFixture('unix-socket', { SOCKET: path, AT: Date.now() + 1_000 }))
      const said = await Promise.all(children.map(async (child) => (await child.said(/it listens|already in use/))[0]))
      const winners = children.filter((_, i) => said[i] === 'it listens')
      expect([...said].sort()).toEqual(['already in use', 'already in use', 'already in use', 'it listens'])
      expect(await pidBehind(path)).toBe(winners[0]?.process.pid)
      for (const child of children) child.kill('SIGTERM')
      await Promise.all(children.map(({ ended }) => ended))
      expect(existsSync(path)).toBe(false)
    }
  },
)

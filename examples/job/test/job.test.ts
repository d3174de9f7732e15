import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

async function runJob(orders: string) {
  const folder = await mkdtemp(join(tmpdir(), 'keelson-job-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'orders.jsonl')
  await writeFile(path, orders)
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, ORDERS: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { code, output, totals: () => readFile(`${path}.totals`, 'utf8') }
}

test('T1 a job that is done stops everything and exits with code 0', async () => {
  const { code, output, totals } = await runJob(
    '{"customer":"ann","price":3}\n{"customer":"bob","price":1}\n{"customer":"ann","price":4}\n',
  )
  expect(output).toContain('"reason":"totals is done"')
  expect(code).toBe(0)
  expect(await totals()).toBe('ann 7\nbob 1\n')
})

test('T1 a job that fails stops everything and exits with code 1', async () => {
  const { code, output } = await runJob('this is no JSON\n')
  expect(output).toMatch(/resource \\"totals\\" crashed: .*JSON/)
  expect(code).toBe(1)
})

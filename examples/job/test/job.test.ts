import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keelson-job-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** The job as a process of its own. With `signal` it gets that as soon as it runs. */
async function runJob(orders: string, signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, ORDERS: orders },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    output += `${line}\n`
    if (signal !== undefined && line.includes('"to":"running"')) child.kill(signal)
  })
  const [code] = await once(child, 'close')
  return { code, output, totals: () => readFile(`${orders}.totals`, 'utf8') }
}

async function ordersOf(text: string): Promise<string> {
  const path = join(await aFolder(), 'orders.jsonl')
  await writeFile(path, text)
  return path
}

test('T1 a job that is done stops everything and exits with code 0', async () => {
  const { code, output, totals } = await runJob(
    await ordersOf('{"customer":"ann","price":3}\n{"customer":"bob","price":1}\n{"customer":"ann","price":4}\n'),
  )
  expect(output).toContain('"reason":"totals is done"')
  expect(code).toBe(0)
  expect(await totals()).toBe('ann 7\nbob 1\n')
})

test('T1 a job that fails stops everything and exits with code 1', async () => {
  const { code, output } = await runJob(await ordersOf('this is no JSON\n'))
  expect(output).toMatch(/resource \\"totals\\" crashed: .*JSON/)
  expect(code).toBe(1)
})

test('T1 a job that lacks what it needs is not run, and exits with code 1', async () => {
  const { code, output, totals } = await runJob(join(await aFolder(), 'orders.jsonl'))
  expect(output).toMatch(/totals did not start: .*ENOENT/)
  expect(code).toBe(1)
  await expect(totals()).rejects.toThrow('ENOENT')
})

test('T1 SIGTERM in the middle of a job ends it, with nothing half done, and with code 1 because it is not done', async () => {
  const orders = join(await aFolder(), 'orders.jsonl')
  // Orders that come through a pipe have no end while somebody holds it open.
  execFileSync('mkfifo', [orders])
  const feed = await open(orders, 'r+')
  let feeding = true
  const fed = (async () => {
    while (feeding) {
      await feed.write('{"customer":"ann","price":3}\n')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  const { code, output, totals } = await runJob(orders, 'SIGTERM')
  feeding = false
  await fed
  await feed.close()
  expect(output).toContain('told to end before all orders were read')
  expect(code).toBe(1)
  await expect(totals()).rejects.toThrow('ENOENT')
})

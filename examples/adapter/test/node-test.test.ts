import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

test('the run with node:test passes', async () => {
  const program = fileURLToPath(new URL('clock.node.ts', import.meta.url))
  const options = { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] as const }
  const child = spawn(process.execPath, ['--import', 'tsx', '--test-reporter=tap', '--test', program], {
    ...options,
    stdio: [...options.stdio],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout!.setEncoding('utf8').on('data', (chunk) => {
    output += chunk
  })
  const [code] = await once(child, 'close')
  expect(code, output).toBe(0)
  expect(output).toMatch(/^# fail 0$/m)
  expect(Number(/^# pass (\d+)$/m.exec(output)?.[1]), output).toBeGreaterThan(20)
}, 180_000)

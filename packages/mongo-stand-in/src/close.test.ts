import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('close() leaves no handle: a process that held a wedged stand-in ends by itself', async () => {
  const script = fileURLToPath(new URL('./fixtures/start-and-close.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 10_000 })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect({ code, output }).toEqual({ code: 0, output: 'closed with 0 connections' })
})

import { createKernel, resource } from '@keelson/kernel'
import { run } from '@keelson/node'
import { Logger } from '@nestjs/common'
import { expect, it, onTestFinished } from 'vitest'
import { nestLog } from '../index.js'

function recorded() {
  const lines: unknown[][] = []
  const record =
    (level: string) =>
    (...args: unknown[]) =>
      void lines.push([level, ...args])
  Logger.overrideLogger({ log: record('log'), warn: record('warn'), error: record('error') })
  onTestFinished(() => Logger.overrideLogger(['log', 'warn', 'error']))
  return lines
}

it('has what run() says come from the Logger of Nest, at its levels', async () => {
  const lines = recorded()
  const db = resource('db', { start: () => 1, stop: () => Promise.reject(new Error('no route')) })
  const kernel = createKernel([db], { name: 'shop' })
  const running = run(kernel, { log: nestLog(), exit: false })
  await expect.poll(() => kernel.state).toBe('running')
  await kernel.shutdown('done').catch(() => {})
  await running
  expect(lines.map((line) => `${line[0]} ${line.at(-1)}`)).toEqual(expect.arrayContaining(['log Keelson', 'error Keelson']))
  expect(lines.find(([level]) => level === 'error')?.[1]).toMatch(/db.*no route/)
  expect(lines.every(([, message]) => typeof message === 'string')).toBe(true)
  const [, , where] = lines.find(([level]) => level === 'error') ?? []
  expect(where).toMatch(/^ {4}at .*nest-log\.test\.ts:\d+:\d+/)
})

it('gives their fields to loggers that take them', () => {
  const lines = recorded()
  nestLog({ context: 'Shop', fields: true }).warn({ event: 'x', kernel: 'shop' }, 'it is slow')
  expect(lines).toEqual([['warn', { event: 'x', kernel: 'shop' }, 'it is slow', 'Shop']])
})

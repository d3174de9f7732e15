import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKernel, resource } from '@keelson/kernel'
import { expect, it, onTestFinished } from 'vitest'
import { log } from '../src/log.js'

it('has written the last line when everything has stopped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  process.env.LOG_FILE = join(folder, 'lines')
  const api = resource('api', {
    start: () => kernel.get(log).info('api is there'),
    stop: () => kernel.get(log).info('api has stopped'),
  })
  const kernel = createKernel([api], { base: [log] })
  await kernel.start()
  // It is kept back until the block is full.
  expect(linesOf(process.env.LOG_FILE)).toEqual([])
  await kernel.shutdown('over')
  expect(linesOf(process.env.LOG_FILE).map((line) => JSON.parse(line).msg)).toEqual(['api is there', 'api has stopped'])
})

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

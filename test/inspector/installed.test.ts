import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { runInGroup } from '../process/child.js'

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'keelson-inspector-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ESM = `
import { createKernel } from '@keelson/kernel'
import { run } from '@keelson/node'
const kernel = createKernel([], { name: 'shop' })
kernel.on('kernel:state', ({ to }) => void (to === 'running' && setImmediate(() => kernel.shutdown())))
run(kernel, { inspector: { port: 0 } })`
const CJS = ESM.replace(/import (.*) from ('.*')/g, 'const $1 = require($2)')

/** A copy, so that it finds only what is installed beside it. */
function install(name: string, where: string): void {
  for (const part of ['dist', 'package.json'])
    cpSync(join(packages, name, part), join(folder, where, 'node_modules', '@keelson', name, part), { recursive: true })
}

/** Runs a program until it ends. */
async function runs(where: string, file: string, source?: string) {
  const path = join(folder, where, file)
  mkdirSync(dirname(path), { recursive: true })
  if (source !== undefined) writeFileSync(path, source)
  const { code, output } = await runInGroup(process.execPath, [path], { env: { PATH: process.env.PATH ?? '' } }).ended
  return { code, output }
}

const SHOWN = /shop is shown at http:\\?\/\\?\/127\.0\.0\.1:\d+\/inspector\//

describe('I5 run() finds the inspector', () => {
  it('beside itself, from modules of both kinds', async () => {
    for (const name of ['kernel', 'node', 'inspector']) install(name, 'beside')
    for (const [file, source] of [
      ['main.mjs', ESM],
      ['main.cjs', CJS],
    ] as const) {
      const { code, output } = await runs('beside', file, source)
      expect(output).toMatch(SHOWN)
      expect(code).toBe(0)
    }
  })

  it('where the application is, when it is linked from elsewhere', async () => {
    for (const name of ['kernel', 'node']) install(name, 'elsewhere')
    for (const name of ['kernel', 'inspector']) install(name, 'linked')
    symlinkSync(join(folder, 'elsewhere/node_modules/@keelson/node'), join(folder, 'linked/node_modules/@keelson/node'))
    for (const [file, source] of [
      ['main.mjs', ESM],
      ['main.cjs', CJS],
    ] as const) {
      const { code, output } = await runs('linked', file, source)
      expect(output).toMatch(SHOWN)
      expect(code).toBe(0)
    }
  })

  it('in a bundle, which needs nothing beside it', async () => {
    const bundled = await build({
      stdin: { contents: ESM, resolveDir: join(folder, 'beside') },
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
      outfile: join(folder, 'bundle/main.mjs'),
    })
    expect(bundled.errors).toEqual([])
    const { code, output } = await runs('bundle', 'main.mjs')
    expect(output).toMatch(SHOWN)
    expect(code).toBe(0)
  })

  it('or says what to install, and starts nothing', async () => {
    for (const name of ['kernel', 'node']) install(name, 'without')
    const { code, output } = await runs('without', 'main.mjs', ESM)
    expect(code).toBe(1)
    expect(output).toContain(
      'shop did not start: its inspector: run(): inspector needs a package that is not installed; run: npm install @keelson/inspector, exit code 1',
    )
    expect(output).toContain('"event":"run:not-started"')
  })
})

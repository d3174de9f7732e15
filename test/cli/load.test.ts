import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fixture, keelson } from './keelson.js'

const planOf = async (name: string, ...args: string[]) => {
  const said = await keelson(['plan', fixture(name), '--json', ...args])
  return { ...said, plan: said.code === 0 ? JSON.parse(said.out) : undefined }
}

describe.concurrent('CL1 a module is loaded, and nothing is started', () => {
  it.each([
    ['an export named kernel', 'exported.ts', 'exported'],
    ['a default export that makes one', 'default-function.mjs', 'made'],
    ['module.exports of CommonJS', 'common.cjs', 'common'],
    ['what main() of it runs later', 'starts-later.cjs', 'later'],
    ['what it starts at its top level', 'starts-itself.ts', 'itself'],
    ['what it imports by paths of a tsconfig.json', 'paths/main.ts', 'paths'],
  ])('%s', async (_, file, name) => {
    const { code, plan, err } = await planOf(file)
    expect({ code, name: plan?.name, err }).toEqual({ code: 0, name, err: '' })
  })

  it('one of several, by the name of the kernel or of its export', async () => {
    const [all, shop, admin] = await Promise.all([
      planOf('two.ts'),
      planOf('two.ts', '--kernel', 'shop'),
      planOf('two.ts', '--kernel', 'the-admin'),
    ])
    expect(all).toMatchObject({ code: 3, out: '' })
    expect(all.err).toMatch(/has 2 kernels: admin \(the-admin\), shop \(the-shop\)\n.*--kernel/)
    expect([shop.plan.name, admin.plan.name]).toEqual(['the-shop', 'the-admin'])
  })

  it('with variables from a file', async () => {
    const without = await planOf('variables.ts')
    expect(without.code).toBe(3)
    expect(without.err).toMatch(/APP_NAME is not set\n[\s\S]*--env-file/)
    expect((await planOf('variables.ts', '--env-file', fixture('variables.env'))).plan.name).toBe('from-file')
  })

  it('what it opens, prints and leaves behind changes neither the answer nor the end of the command', async () => {
    const { code, plan, err } = await planOf('handles.ts')
    expect({ code, name: plan?.name }).toEqual({ code: 0, name: 'handles' })
    expect(err).toContain('printed when it was loaded')
    expect(err).toMatch(/handles\.ts opened something when it was loaded \(.*TCPServerWrap/)
  })
})

describe.concurrent('CL2 what cannot be loaded is told with exit code 3', () => {
  it.each([
    ['none.ts', /none\.ts has no kernel: it exports .*api \(a resource\).*port \(a number\).*\n {2}export it:/],
    ['throws.ts', /throws\.ts cannot be loaded: cannot connect to mongodb:\/\/.*\n\s+at connect \(.*throws\.ts:4:9\)/],
    ['exits.ts', /exits\.ts ended the process with code 0 while it was loaded/],
    ['waits.ts', /waits\.ts was not loaded to its end/],
    ['cycle.ts', /cycle\.ts cannot be loaded: .*a → b → a/],
    ['missing.ts', /there is no file .*missing\.ts\n/],
    ['paths', /paths is a folder/],
  ])('%s', async (name, words) => {
    const { code, out, err } = await keelson(['plan', fixture(name)])
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(words)
    expect(err).not.toMatch(/hunter2|keelson\.js:/)
  })
})

describe.concurrent('CL2 what Node cannot load is one sentence, and where', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-load-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ['syntax.ts', 'export const a: = 4\n', / cannot be loaded: Unexpected token\n {4}at \S+syntax\.ts:1:\d+\n$/],
    ['syntax.cjs', 'module.exports = {{\n', / cannot be loaded: Unexpected token\n {4}at \S+syntax\.cjs:1:\d+\n$/],
    [
      'package.cjs',
      "require('@none/such/deep')\n",
      / cannot be loaded: there is no package '@none\/such\/deep'\n\s+at \S+package\.cjs:1:\d+\n {2}install it: npm install @none\/such\n$/,
    ],
    [
      'import.mjs',
      "import 'none-such'\n",
      /: there is no package 'none-such'\n\s+at \S+\n {2}install it: npm install none-such\n$/,
    ],
    ['file.mjs', "import './none.js'\n", / cannot be loaded: there is no module '\.\/none\.js'\n\s+at \S+file\.mjs:1:\d+\n$/],
  ])('%s', async (name, text, words) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    const { code, out, err } = await keelson(['plan', file])
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(words)
  })
})

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const folder = fileURLToPath(new URL('./fixtures/types', import.meta.url))
const tsc = fileURLToPath(new URL('../../../node_modules/typescript-native/bin/tsc', import.meta.url))

/** What the compiler says, in one text per error, by `file:line`. */
async function errorsOf(config: string): Promise<Map<string, string>> {
  const args = [tsc, '--pretty', 'false', '--project', join(folder, config)]
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
  const errors = new Map<string, string>()
  for (const [text, file, line] of output.matchAll(/^([^\s(]+)\((\d+),\d+\): error .*(?:\n\s+.*)*/gm))
    errors.set(`${file}:${line}`, text)
  return errors
}

/** What the comments of a file announce: the text that the next line must raise. */
function announcedIn(file: string): Map<string, string> {
  const announced = new Map<string, string>()
  for (const [i, line] of readFileSync(join(folder, file), 'utf8').split('\n').entries()) {
    const text = /^\s*\/\/ error: (.*)$/.exec(line)?.[1]
    if (text !== undefined) announced.set(`${file}:${i + 2}`, text)
  }
  return announced
}

test.each(['legacy', 'standard'])(
  '%s decorators: what is right compiles, and each mistake says what is wrong where it is',
  async (dialect) => {
    const errors = await errorsOf(`tsconfig.${dialect}.json`)
    const announced = announcedIn('wrong.ts')
    expect(announced.size).toBeGreaterThan(9)
    expect([...errors.keys()]).toEqual([...announced.keys()])
    for (const [place, text] of announced) expect(errors.get(place)).toContain(text)
  },
)

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const folder = fileURLToPath(new URL('.', import.meta.url))
// The conformance suite is for real servers, and for Node alone.
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/\.test(-d)?\.ts$|test-support|^conformance\//.test(file))
  .map((file) => file.slice(0, -'.ts'.length))
const sourceOf = (file: string) => readFileSync(`${folder}/${file}.ts`, 'utf8')

test('nothing reaches for the surroundings: no console, no Buffer; process, timers and dates only in time/clock.ts', () => {
  const found = files.flatMap((file) => {
    const code = sourceOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    const ambient = /\b(console\.|Buffer\b|queueMicrotask\b)/.exec(code)?.[0]
    const runtime = /\b(process\.|globalThis\b)/.exec(code)?.[0]
    const time = /(?<![.\w#])(?:setTimeout|setInterval|Date\.now|new Date|performance\.now)\(/.exec(
      code.replace(/setTimeout\(callback/g, ''),
    )?.[0]
    const hits = file === 'time/clock' ? [ambient] : [ambient, runtime, time]
    return hits.filter((hit) => hit !== undefined).map((hit) => `${file}: ${hit}`)
  })
  // The virtual clock waits for a turn of the real event loop: it takes the runtime's own, before a test may fake it. Who reads a graph
  // without starting it is found by one symbol, from whichever copy of the kernel an application has.
  expect(found.filter((hit) => !/^(testing\/virtual-clock|define\/graph-reader: globalThis)/.test(hit))).toEqual([])
})

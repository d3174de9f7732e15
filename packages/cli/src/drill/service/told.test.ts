import { expect, it } from 'vitest'
import { placeOfCaller } from './caller.js'
import { unhandledErrors } from './errors.js'
import { Output } from './output.js'

it('F3 the caller is the code nearest to the call, behind whoever stands in front of it', () => {
  const stack = (...frames: string[]) => frames.map((frame) => `    at ${frame}`).join('\n')
  const cwd = '/srv/shop'
  expect(
    placeOfCaller(stack('process.exit (/tmp/x/hook.cjs:4:5)', 'stop (/srv/shop/src/main.js:12:3)', 'node:events:1:2'), cwd),
  ).toEqual({
    at: 'src/main.js:12',
  })
  const wrapped = ['process.exit (/tmp/x/hook.cjs:4:5)', 'process.wrapped [as exit] (/srv/shop/node_modules/apm/wrap.js:1:1)']
  expect(placeOfCaller(stack(...wrapped, 'file:///srv/shop/node_modules/@godaddy/terminus/lib/terminus.js:151:9'), cwd)).toEqual({
    package: '@godaddy/terminus',
    at: '@godaddy/terminus/lib/terminus.js:151',
  })
  expect(
    placeOfCaller(stack('process.exit (/tmp/x/hook.cjs:4:5)', 'node:internal/process/task_queues:95:5'), cwd),
  ).toBeUndefined()
})

it('F3 unhandled are the errors that Node has told, not those that an application logs', () => {
  const crash = `logged: Error: not this one
/srv/shop/src/main.js:3
  throw new TypeError('undefined is not a queue')
  ^

TypeError: undefined is not a queue
    at stop (/srv/shop/src/main.js:3:9)

Node.js v22.1.0
`
  expect(unhandledErrors(crash)).toEqual(['TypeError: undefined is not a queue'])
  expect(unhandledErrors('Error: logged\n    at x (y:1:1)\n')).toEqual([])
  const rejected = `[UnhandledPromiseRejection: This error originated … reason "no".] {\n  code: 'ERR_UNHANDLED_REJECTION'\n}\n\nNode.js v20.20.2\n`
  expect(unhandledErrors(rejected)).toEqual(['[UnhandledPromiseRejection: This error originated … reason "no".] {'])
})

it('F5 of an output the end is kept, and secrets are masked', async () => {
  const output = new Output()
  const { PassThrough } = await import('node:stream')
  const stream = new PassThrough()
  output.follow(stream)
  for (let i = 0; i < 40; i++) stream.write(`${'x'.repeat(8_000)}\n`)
  stream.end('password=hunter2 \x1b[2J\n')
  await expect.poll(() => output.length).toBe(40 * 8_001 + 22)
  expect(output.since().length).toBeLessThanOrEqual(2 * 64 * 1024)
  expect(output.since(output.length - 6)).toBe(output.since().slice(-6))
  const [long, last] = output.tail(2)
  expect(long!.length).toBeLessThan(410)
  expect(last).toBe('password=*** \\x1b[2J')
})

import { once } from 'node:events'
import { expect, test } from 'vitest'
import { callerIn } from './caller.js'
import { placeOf, placeOfFrame } from './place.js'
import { placesOf } from './place-of-function.js'

test('X7 a place is that in the package, with its name, or that from the working directory', () => {
  expect(placeOf('file:///app/node_modules/queue/lib/index.js', 7)).toEqual({ package: 'queue', at: 'queue/lib/index.js:7' })
  const nested = '/app/node_modules/.pnpm/@a+b@1.0.0/node_modules/@a/b/index.js'
  expect(placeOf(nested, 7)).toEqual({ package: '@a/b', at: '@a/b/index.js:7' })
  expect(placeOf(`file://${process.cwd()}/src/main.js`, 7)).toEqual({ at: 'src/main.js:7' })
  expect(placeOf('/elsewhere/main.js', 7)).toEqual({ at: '/elsewhere/main.js:7' })
  expect(placeOfFrame('async flush (file:///app/node_modules/queue/index.js:7:3)')).toEqual({
    package: 'queue',
    at: 'queue/index.js:7',
  })
  expect(placeOfFrame('async file:///app/node_modules/queue/index.js:7:3')).toEqual({ package: 'queue', at: 'queue/index.js:7' })
  expect(placeOfFrame('<anonymous>')).toBeUndefined()
})

test('X7 the caller is the code nearest to the call, a package or the application', () => {
  const stack = (...frames: string[]) => ['Error', ...frames.map((frame) => `    at ${frame}`)].join('\n')
  const emitted = [
    'process.<anonymous> (file:///app/node_modules/@keelson/node/dist/index.js:1:1)',
    'SignalExit.#processEmit (/app/node_modules/signal-exit/dist/cjs/index.js:228:25)',
    'process.emit (node:events:524:28)',
    'process.exit (node:internal/process/per_thread:184:15)',
  ]
  const queue = 'shutdown (/app/node_modules/queue/index.js:7:3)'
  expect(callerIn(stack(...emitted, queue, 'main (/app/main.js:1:1)'))).toMatchObject({ package: 'queue' })
  const byTimer = ['process.emit (node:events:524:28)', 'Timeout.exit [as _onTimeout] (node:internal/process/per_thread:184:15)']
  expect(callerIn(stack(...byTimer, 'listOnTimeout (node:internal/timers:583:11)'))).toBeUndefined()
})

test('X6 where a function was defined is known, also behind bind(); nothing of what is of Node', () => {
  function own() {}
  const [first, bound, node] = placesOf([own, own.bind(undefined), once as never])
  expect(first?.at).toMatch(/place\.test\.ts:\d+$/)
  expect(bound).toEqual(first)
  expect(node).toBeUndefined()
  expect(placesOf([])).toEqual([])
})

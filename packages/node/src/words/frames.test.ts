import { describe, expect, it } from 'vitest'
import { nearestFrames, ownFrames } from './frames.js'

const stack = (...frames: string[]) => ['Error: no', ...frames.map((frame) => `    at ${frame}`)].join('\n')

const APP = 'open (file:///app/src/db.js:7:3)'
const POOL = 'Pool.connect (/app/node_modules/pg/lib/pool.js:40:9)'

describe('L3 ownFrames()', () => {
  it.each([
    ['Node', 'listOnTimeout (node:internal/timers:581:17)'],
    ['a constructor that is in no file', 'new Promise (<anonymous>)'],
    ['native code', 'Array.map (native)'],
    ['this library, installed', 'Cell.start (file:///app/node_modules/@keelson/kernel/dist/index.js:1:2)'],
    [
      'this library, installed by pnpm',
      'f (/a/node_modules/.pnpm/@keelson+node@1.0.0/node_modules/@keelson/node/dist/index.js:1:2)',
    ],
    ['another package', POOL],
  ])('has none of %s', (_what, frame) => {
    expect(ownFrames(stack(frame, APP, 'main (file:///app/src/main.js:1:1)'))).toEqual([
      APP,
      'main (file:///app/src/main.js:1:1)',
    ])
  })

  it('has none of this library where it is not installed but built beside it', () => {
    const here = new URL('..', import.meta.url).pathname
    const built = here.replace(/packages\/node\/src\/$/, 'packages/kernel/dist/index.js')
    expect(
      ownFrames(
        stack(
          `run (file://${here}run/run.ts:5:2)`,
          `Cell.start (${built}:9:1)`,
          `${built}:9:1`,
          `async file://${built}:9:1`,
          APP,
        ),
      ),
    ).toEqual([APP])
  })

  it('is empty for what is no stack', () => {
    expect([[{}], undefined, 'Error: no'].map(ownFrames)).toEqual([[], [], []])
  })
})

it('nearestFrames() has other packages where the application has no frame', () => {
  expect(nearestFrames(stack('new Promise (<anonymous>)', POOL, 'emit (node:events:1:2)'))).toEqual([POOL])
  expect(nearestFrames(stack(POOL, APP))).toEqual([APP])
})

import type { Kernel } from '@keelson/kernel'
import { createKernel } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { heldRows } from '../narrate/held-listeners.js'
import { endedBy, listenerFailed, listenerLate } from './guest-lines.js'

const idle = createKernel()
const work = { count: 2, oldest: [{ label: 'GET /export', sinceMs: 8_200 }] }
const kernel = {
  name: 'shop',
  state: 'stopping',
  probe: () => idle.probe(),
  inspect: () => ({
    resources: [
      { name: 'api', state: 'draining', work },
      { name: 'db', state: 'running' },
      { name: 'log', state: 'stopped' },
    ],
  }),
} as unknown as Kernel

test('X7 one line says who ended the process, with what, and what is lost', () => {
  const by = { package: 'queue', at: 'queue/lib/index.js:7' }
  expect(endedBy(kernel, { call: 'process.exit', exitCode: 143, by }, false, 1_200)).toMatchObject({
    level: 'error',
    message:
      'process.exit() was called by queue/lib/index.js:7 1.2 s into the shutdown of shop: exit code 143; work in flight: GET /export 8.2 s and 1 more; not stopped: api, db',
    fields: { event: 'process:ended', package: 'queue', unfinished: ['api', 'db'], requests: 0, afterMs: 1_200 },
  })
  expect(endedBy(kernel, { call: 'process.exit', exitCode: 3, by }, true, 5)).toMatchObject({
    level: 'warn',
    message: expect.stringContaining('exit code 3 is kept until it is over'),
  })
  expect(
    endedBy(
      { ...kernel, state: 'running' } as Kernel,
      { call: 'process.abort', signal: 'SIGABRT', by: undefined },
      false,
      undefined,
    ),
  ).toMatchObject({
    message: expect.stringMatching(/^process\.abort\(\) was called by code of unknown origin while shop was running: SIGABRT; /),
  })
})

test('X6 a listener that fails, or does not end, is named as far as it is known', () => {
  expect(listenerFailed({ event: 'SIGTERM', name: 'flush', at: 'queue/index.js:7' }, new Error('no collector'))).toMatchObject({
    level: 'warn',
    message: 'a listener of SIGTERM failed: queue/index.js:7: no collector',
  })
  expect(listenerLate({ event: 'SIGINT', name: 'flush' }, 5_000).message).toBe(
    'a listener of SIGINT did not end within 5 s: flush(), of unknown origin; going on without it',
  )
})

test('X6 the start summary names who listens once, with all that it listens to', () => {
  expect(heldRows([])).toEqual([])
  const queue = { package: 'queue', at: 'queue/index.js:7' }
  expect(
    heldRows([
      { event: 'SIGTERM', ...queue },
      { event: 'SIGINT', ...queue },
      { event: 'SIGTERM', name: 'flush' },
    ]),
  ).toEqual(['   called when it has stopped: queue/index.js:7 (SIGTERM, SIGINT), flush of unknown origin (SIGTERM)'])
  expect(heldRows([{ event: 'SIGHUP', at: 'src/main.js:7' }])[1]).toBe(
    '   leave SIGHUP out of the signals of run() if src/main.js:7 is to be called before',
  )
})

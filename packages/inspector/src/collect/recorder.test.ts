import type { Kernel, KernelEvent } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { Recorder } from './recorder.js'
import { Texts } from './texts.js'

/** A kernel that says what it is told to, and has these resources. */
function talking() {
  const present = new Set<string>()
  let inspections = 0
  let listener = (_event: KernelEvent) => {}
  const kernel = {
    state: 'running',
    on: (_type: string, given: typeof listener) => {
      listener = given
    },
    inspect: () => {
      inspections++
      return { resources: Array.from(present, (name) => ({ name })) }
    },
  } as unknown as Kernel
  const recorder = new Recorder(kernel, new Texts())
  const starts = (resource: string) => listener({ type: 'resource:state', at: 1, resource, from: 'idle', to: 'starting' })
  return { recorder, present, starts, say: (event: KernelEvent) => listener(event), inspections: () => inspections }
}

test('I2 resources that are gone are forgotten, those that are there are not', () => {
  const { recorder, present, starts, inspections } = talking()
  present.add('api')
  starts('api')
  for (let i = 0; i < 50_000; i++) starts(`tenant-${i}/db`)
  expect(recorder.of('api')?.history.toArray()).toHaveLength(1)
  expect(recorder.of('tenant-0/db')).toBeUndefined()
  expect(recorder.of('tenant-49999/db')).toBeDefined()
  expect(inspections()).toBeLessThan(40)
})

test('I2 of more resources than anybody could look at nothing is remembered, and it costs no more', () => {
  const { recorder, present, starts, inspections } = talking()
  for (let i = 0; i < 30_000; i++) present.add(`r${i}`)
  for (let round = 0; round < 2; round++) for (const name of present) starts(name)
  expect(recorder.of('r0')?.history.toArray()).toHaveLength(2)
  expect(recorder.of('r29999')).toBeUndefined()
  expect(inspections()).toBeLessThan(10)
})

test('I1 the last 50 states, 20 errors and 500 events are kept, the newest', () => {
  const { recorder, starts, say } = talking()
  for (let i = 0; i < 900; i++) {
    starts('db')
    say({ type: 'check:result', at: i, resource: 'db', ok: false, durationMs: 1, error: new Error(`no ${i}`) as never })
  }
  const { history, errors } = recorder.of('db')!
  expect(history.toArray()).toHaveLength(50)
  expect(errors.toArray()).toHaveLength(20)
  expect(errors.toArray().at(-1)).toEqual({ at: 899, phase: 'check', message: 'no 899' })
  const events = recorder.events.toArray()
  expect(events).toHaveLength(500)
  expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, i) => 1_301 + i))
})

import { expect, test } from 'vitest'
import { type Kernel, resource } from '../index.js'
import { keelsonError, rejection } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

test('G1 a dependsOn that adds resources to the kernel that reads it is refused, and the addition goes on', async () => {
  const { kernel, traced } = scene()
  const app: Kernel = await kernel([traced('base')]).start()
  let inner: Promise<unknown> | undefined
  const outer = resource('outer', {
    get dependsOn() {
      inner = rejection(app.add(traced('inner')))
      return {}
    },
    start: () => 1,
  })
  await app.add(outer)
  expect(await inner).toMatchObject({ code: 'INVALID_OPTION' })
  expect(app.inspect().resources.map(({ name }) => name)).toEqual(['base', 'outer'])
  await app.shutdown()
})

test('G1 a dependsOn that registers resources is refused, and the kernel is as it was before', () => {
  const { kernel, traced } = scene()
  const app: Kernel = kernel([])
  const outer = resource('outer', {
    get dependsOn() {
      app.register(traced('inner'))
      return {}
    },
    start: () => 1,
  })
  const error = keelsonError(() => app.register(outer))
  expect(error).toMatchObject({ code: 'INVALID_OPTION' })
  expect(error.message).toContain('adds resources to the kernel that is reading it')
  expect(app.inspect().resources).toEqual([])
  app.register(traced('next'))
})

test('G1 what a dependsOn asks of the kernel that reads it is done afterwards', async () => {
  const { kernel, traced, log } = scene()
  const base = traced('base')
  const app: Kernel = await kernel([base]).start()
  let ended: Promise<unknown> | undefined
  const outer = traced('outer')
  const late = resource('late', {
    get dependsOn() {
      ended = app.shutdown()
      return { outer }
    },
    start: () => void log.push('start late'),
    stop: () => void log.push('stop late'),
  })
  await app.add(late)
  await ended
  expect(app.state).toBe('stopped')
  expect(log.slice(0, 3)).toEqual(['start base', 'start outer', 'start late'])
  expect(log.slice(3).sort()).toEqual(['stop base', 'stop late', 'stop outer'])
})

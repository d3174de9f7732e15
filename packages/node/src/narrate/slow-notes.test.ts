import { createKernel, resource } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import { noteSlowness } from './slow-notes.js'

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it('says once what a slow start and a slow shutdown wait for', async () => {
  const kernel = createKernel([
    resource('db', { start: () => later(100), stop: () => later(100) }),
    resource('cache', { start: () => 1 }),
  ])
  const { say, lines } = keepEntries()
  const quit = noteSlowness(kernel, say, 10)
  await kernel.start()
  await later(30)
  await kernel.shutdown()
  quit()
  expect(lines).toEqual([
    'warn: app is still starting after 10 ms: waiting for db',
    'warn: app is still stopping after 10 ms: waiting for db',
  ])
})

it('says nothing about what is quick, however long it runs then', async () => {
  const kernel = createKernel([resource('db', { start: () => 1 })])
  const { say, lines } = keepEntries()
  const quit = noteSlowness(kernel, say, 10)
  await kernel.start()
  await later(50)
  await kernel.shutdown()
  await later(50)
  quit()
  expect(lines).toEqual([])
})

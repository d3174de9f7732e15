import process from 'node:process'
import { expect, it } from 'vitest'
import { pause } from './patience.js'
import { ProcessWatch } from './process-watch.js'

it('hears of what nobody handled in place of the runner, keeps the process, and gives all of it back', async () => {
  const before = {
    exit: process.exit,
    caught: process.rawListeners('uncaughtException'),
    lost: process.rawListeners('unhandledRejection'),
  }
  const watch = new ProcessWatch()
  setTimeout(() => {
    throw new Error('uncaught')
  })
  void Promise.reject(new Error('unhandled'))
  process.exit(3)
  await pause(20)
  watch.stop()
  expect(watch.unhandled.map(String).sort()).toEqual(['Error: uncaught', 'Error: unhandled'])
  expect(watch.exits).toEqual([3])
  expect(process.exit).toBe(before.exit)
  expect(process.rawListeners('uncaughtException')).toEqual(before.caught)
  expect(process.rawListeners('unhandledRejection')).toEqual(before.lost)
})

it('names events of the process that have more listeners than before', () => {
  const watch = new ProcessWatch()
  const listener = () => {}
  process.on('SIGUSR2', listener).on('SIGUSR2', listener).on('exit', listener)
  expect(watch.added.sort()).toEqual(['SIGUSR2 (2)', 'exit'])
  process.off('SIGUSR2', listener).off('SIGUSR2', listener).off('exit', listener)
  expect(watch.added).toEqual([])
  watch.stop()
})

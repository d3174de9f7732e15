import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { bearDeadOutput } from './dead-output.js'

const error = (code: string) => Object.assign(new Error(code), { code })

it('X2 bears that nobody reads an output any more, and no other error of it', () => {
  const output = new EventEmitter()
  const quit = bearDeadOutput([output])
  expect(() => output.emit('error', error('EPIPE'))).not.toThrow()
  expect(() => output.emit('error', error('ENOSPC'))).toThrow('ENOSPC')
  quit()
  expect(output.listenerCount('error')).toBe(0)
  expect(() => output.emit('error', error('EPIPE'))).toThrow('EPIPE')
})

it('leaves other errors to the application, where it listens', () => {
  const output = new EventEmitter()
  const heard: unknown[] = []
  output.on('error', (error) => heard.push(error))
  const quit = bearDeadOutput([output])
  output.emit('error', error('ENOSPC'))
  quit()
  expect(heard).toHaveLength(1)
})

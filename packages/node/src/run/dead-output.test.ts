import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { bearDeadOutput } from './dead-output.js'

const error = (code: string) => Object.assign(new Error(code), { code })

it.each(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])(
  'X2 bears that nobody reads an output any more, and no other error: %s',
  (code) => {
    const output = new EventEmitter()
    const quit = bearDeadOutput([output])
    expect(() => output.emit('error', error(code))).not.toThrow()
    expect(() => output.emit('error', error('ENOSPC'))).toThrow('ENOSPC')
    quit()
    expect(output.listenerCount('error')).toBe(0)
    expect(() => output.emit('error', error(code))).toThrow(code)
  },
)

it('leaves other errors to the application, where it listens', () => {
  const output = new EventEmitter()
  const heard: unknown[] = []
  output.on('error', (error) => heard.push(error))
  const quit = bearDeadOutput([output])
  output.emit('error', error('ENOSPC'))
  quit()
  expect(heard).toHaveLength(1)
})

import { expect, it } from 'vitest'
import type { HttpSocket } from './connection.js'
import { isMidMessage } from './mid-message.js'

const socket = (parser: HttpSocket['parser']) => ({ parser }) as HttpSocket

it('knows by the parser whether a message has begun, and takes one that does not tell for idle', () => {
  expect(isMidMessage(socket({ finish: () => new Error('in the middle') }))).toBe(true)
  expect(isMidMessage(socket({ finish: () => undefined }))).toBe(false)
  expect(isMidMessage(socket({}))).toBe(false)
  expect(isMidMessage(socket(null))).toBe(false)
})

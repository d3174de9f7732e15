import { expect, it, onTestFinished } from 'vitest'
import { sayTo } from './log.js'

it('X3 what a logger rejects is not an error that nobody handled: telling it to the same logger would never end', async () => {
  const rejections: unknown[] = []
  const onRejection = (error: unknown) => rejections.push(error)
  process.on('unhandledRejection', onRejection)
  onTestFinished(() => void process.off('unhandledRejection', onRejection))
  let said = 0
  const broken = async () => {
    said++
    throw new Error('the log is full')
  }
  sayTo({ info: broken, warn: broken, error: broken })({ level: 'warn', message: 'x', fields: {} })
  await new Promise((resolve) => setTimeout(resolve, 0))
  expect(said).toBe(1)
  expect(rejections).toEqual([])
})

import { Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import type { Line, LogLike } from './log.js'
import { Logger } from './logger.js'

const line = (message: string): Line => ({ level: 'warn', message, fields: { event: 'health:change' } })
const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

function logger(write: (message: string) => unknown) {
  const log = (_fields: object, message: string) => write(message)
  const fallback = keepEntries()
  return { logger: new Logger({ info: log, warn: log, error: log } as LogLike, 'shop', fallback.say), lost: fallback.lines }
}

describe('a logger of the application', () => {
  it('is given the fields, with the event and the kernel, and then the message', () => {
    const { log, entries } = keepEntries()
    new Logger(log, 'shop', () => {}).say({ level: 'warn', message: 'no', fields: { event: 'health:change', resource: 'db' } })
    expect(entries).toEqual([
      { level: 'warn', message: 'no', fields: { event: 'health:change', kernel: 'shop', resource: 'db' } },
    ])
  })

  it('L6 that throws loses no line: they go to the fallback, and once why', () => {
    const { logger: broken, lost } = logger(() => {
      throw new Error('the worker has exited')
    })
    broken.say(line('one'))
    broken.say(line('two'))
    expect(lost).toEqual([
      'warn: the log function failed: the worker has exited; what it cannot take is written here',
      'warn: one',
      'warn: two',
    ])
  })

  it('L6, X3 that rejects is not an error that nobody handled: telling it to the same logger would never end', async () => {
    const rejections: unknown[] = []
    const onRejection = (error: unknown) => rejections.push(error)
    process.on('unhandledRejection', onRejection)
    onTestFinished(() => void process.off('unhandledRejection', onRejection))
    let said = 0
    const { logger: broken, lost } = logger(async () => {
      said++
      throw new Error('the log is full')
    })
    broken.say(line('one'))
    await turn()
    expect(said).toBe(1)
    expect(rejections).toEqual([])
    expect(lost).toContain('warn: one')
  })

  it('L6, X3 that fails later, in an event of its stream, is known by that', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
    stream.end()
    const errors: unknown[] = []
    stream.on('error', (error) => errors.push(error))
    const { logger: ended, lost } = logger((message) => stream.write(message))
    ended.say(line('one'))
    ended.say(line('two'))
    await turn()
    expect(errors.length).toBeGreaterThan(0)
    expect(errors.map((error) => ended.caused(error))).toEqual(errors.map(() => true))
    ended.say(line('three'))
    expect(lost).toEqual([
      'warn: the log function failed: write after end; what it cannot take is written here',
      'warn: one',
      'warn: two',
      'warn: three',
    ])
  })

  it('did not cause what others throw', () => {
    const { logger: fine } = logger(() => {})
    fine.say(line('one'))
    expect([new Error('no'), undefined, { stack: 'keelsonLine0' }].map((error) => fine.caused(error))).toEqual([
      false,
      false,
      false,
    ])
  })
})

import { describe, expect, it } from 'vitest'
import type { Entry } from './log.js'
import { type Output, sayOn } from './output.js'

function output(options: Partial<Output> = {}): Output & { text(): string } {
  let text = ''
  return { write: (more) => (text += more), once: () => {}, ...options, text: () => text }
}

const entry: Entry = {
  level: 'warn',
  message: 'two things, token=abc',
  lines: ['two things:', '   one', '   postgres://u:p%40ss@h/db'],
  fields: { event: 'resource:error', list: [{ url: 'https://user:pass@host/' }] },
}

describe('output', () => {
  it('[O1] is one line of JSON in the form of pino where no terminal is', () => {
    const pipe = output()
    sayOn(pipe, 'shop')(entry)
    const line = pipe.text()
    expect(line.endsWith('}\n')).toBe(true)
    expect(JSON.parse(line)).toEqual({
      level: 40,
      time: expect.any(Number),
      event: 'resource:error',
      kernel: 'shop',
      list: [{ url: 'https://***@host/' }],
      msg: 'two things, token=***',
    })
  })

  it('is the readable lines on a terminal, without colours where those are off', () => {
    const terminal = output({ isTTY: true })
    sayOn(terminal, 'shop')(entry)
    expect(terminal.text()).toBe(' keelson  two things:\n   one\n   postgres://***@h/db\n')
  })

  it('has the head of warnings and errors in colour where a terminal has colours', () => {
    const terminal = output({ isTTY: true, hasColors: () => true })
    sayOn(terminal, 'shop')(entry)
    expect(terminal.text()).toContain('\u001b[33mtwo things:\u001b[0m\n   one\n')
  })

  it('leaves progress to terminals', () => {
    const row: Entry = { level: 'info', message: 'x', lines: ['   db   stopped'], fields: {}, terminalOnly: true }
    const pipe = output()
    const terminal = output({ isTTY: true })
    sayOn(pipe, 'shop')(row)
    sayOn(terminal, 'shop')(row)
    expect(pipe.text()).toBe('')
    expect(terminal.text()).toBe('   db   stopped\n')
  })

  it('[O2] L2 lets no text from elsewhere move the cursor of a terminal, or look like a line of its own', () => {
    const evil = 'said: \u001b[2J\u0007\r\n keelson  app stopped\u009b8m'
    const terminal = output({ isTTY: true })
    sayOn(terminal, 'shop')({ level: 'info', message: evil, fields: { event: 'health:change' } })
    expect(terminal.text()).toBe(' keelson  said: \\x1b[2J\\x07\\r\\n keelson  app stopped\\x9b8m\n')
  })

  it('survives an output that is gone', () => {
    let handlers = 0
    const gone = output({
      write: (_text, done) => done?.(new Error('EPIPE')),
      once: () => {
        handlers++
      },
    })
    sayOn(gone, 'shop')(entry)
    expect(handlers).toBe(1)
    const broken = output({
      write: () => {
        throw new Error('closed')
      },
    })
    expect(() => sayOn(broken, 'shop')(entry)).not.toThrow()
  })
})

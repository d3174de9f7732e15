import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fixture, keelson } from './keelson.js'

describe.concurrent('CL2 keelson', () => {
  it('says what there is, and how to ask for more', async () => {
    const { code, out, err } = await keelson(['--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^ {2}plan {2,}\S/m)
    expect((await keelson([])).code).toBe(2)
  })

  it('says of one command what it does', async () => {
    const [long, other] = await Promise.all([keelson(['plan', '--help']), keelson(['help', 'plan'])])
    expect(long).toEqual(other)
    expect(long.out).toMatch(/keelson plan <module> \[options\]/)
    expect(long.out).toMatch(/--env-file FILE/)
  })

  it('says what was probably meant', async () => {
    const [command, option, nothing] = await Promise.all([
      keelson(['paln', 'x.ts']),
      keelson(['plan', 'x.ts', '--jsno']),
      keelson(['deploy']),
    ])
    expect(command).toMatchObject({ code: 2, out: '', err: expect.stringContaining('did you mean "plan"?') })
    expect(option).toMatchObject({ code: 2, out: '', err: expect.stringContaining('did you mean --json?') })
    expect(nothing).toMatchObject({ code: 2, out: '', err: expect.stringContaining('there are plan') })
  })

  it('has colours when it is told to, and none elsewhere', async () => {
    const [forced, flag, plain] = await Promise.all([
      keelson(['plan', fixture('exported.ts')], { FORCE_COLOR: '1' }),
      keelson(['plan', fixture('exported.ts'), '--no-color'], { FORCE_COLOR: '1' }),
      keelson(['plan', fixture('exported.ts')]),
    ])
    expect(forced.out).toContain('\x1b[')
    expect(flag.out).not.toContain('\x1b[')
    expect(plain).toEqual(flag)
    expect(stripVTControlCharacters(forced.out)).toBe(plain.out)
  })

  it('knows its version', async () => {
    expect((await keelson(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

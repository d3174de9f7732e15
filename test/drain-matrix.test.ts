import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

interface Cell {
  case: string
  protocol: string
  sees: string
  ok?: boolean
  /** Why the case cannot happen on this machine. */
  skipped?: string
  error?: string
}

const program = fileURLToPath(new URL('./drain-matrix/run.mjs', import.meta.url))
const cells = parse(execFileSync(process.execPath, [program, '--list'], { encoding: 'utf8' }))
let results: Cell[] = []

beforeAll(async () => {
  results = parse((await promisify(execFile)(process.execPath, [program])).stdout)
}, 120_000)

describe('N1 the drain matrix', () => {
  it.each(cells)('$protocol, $case: $sees', (cell) => {
    const result = results.find((one) => one.protocol === cell.protocol && one.case === cell.case)
    expect(result?.error).toBeUndefined()
    expect(result?.ok).toBe(true)
  })

  it('has cases of every protocol', () => {
    expect(new Set(cells.map(({ protocol }) => protocol))).toEqual(new Set(['http', 'https', 'h2', 'h2c', 'nest']))
  })
})

function parse(lines: string): Cell[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Cell)
}

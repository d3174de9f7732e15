import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../commands/commands.js'
import { type Command, command } from '../line/command.js'
import { completionScript } from './completion-script.js'
import { SHELLS, wordsOf } from './words.js'

/** One command that has everything there is. */
const paint = command({
  name: 'paint',
  summary: "draw it's picture: [now]",
  operands: [
    { name: 'module', kind: 'module' },
    { name: 'colour', kind: 'word', choices: ['red', 'green'] },
  ],
  takesRest: true,
  options: {
    json: { kind: 'flag', short: 'j', summary: 'JSON' },
    format: { kind: 'choice', value: 'FORMAT', choices: ['dot', 'svg'], summary: 'how' },
    save: { kind: 'file', value: 'FILE', summary: 'where' },
    label: { kind: 'list', value: 'LABEL', summary: "what's in it" },
  },
  examples: [],
  run: () => 0,
})
const TABLE: readonly Command[] = [paint, ...COMMANDS]

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keelson-completion-'))
  for (const name of ['main.ts', 'main.js', 'my main.mjs', 'notes.md']) writeFileSync(join(folder, name), '')
  mkdirSync(join(folder, 'src'))
  for (const shell of SHELLS) writeFileSync(join(folder, `completion.${shell}`), completionScript(shell, wordsOf(TABLE)))
})

afterAll(() => rmSync(folder, { recursive: true }))

/** What bash offers for the last word, the line split as bash splits it. */
function offered(...words: string[]): string[] {
  const script = `
    source completion.bash
    COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _keelson
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const text = execFileSync('bash', ['-c', script, 'bash', 'keelson', ...words], { cwd: folder, encoding: 'utf8' })
  return text.split('\n').filter((line) => line !== '')
}

describe('completion in bash', () => {
  it('has no mistakes of syntax', () => {
    expect(spawnSync('bash', ['-n', 'completion.bash'], { cwd: folder, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    })
  })

  it('offers commands first', () => {
    expect(offered('')).toEqual([...TABLE.map(({ name }) => name), 'help', '--help', '--version'])
    expect(offered('pai')).toEqual(['paint'])
    expect(offered('help', 'pai')).toEqual(['paint'])
  })

  it('offers the options of a command, and its values', () => {
    expect(offered('paint', '--')).toEqual(['--json', '--format', '--save', '--label', '--help', '--no-color'])
    expect(offered('paint', '--format', '')).toEqual(['dot', 'svg'])
    expect(offered('paint', '--format', '=', 's')).toEqual(['svg'])
    expect(offered('paint', '--format', '=')).toEqual(['dot', 'svg'])
    expect(offered('paint', '--label', '')).toEqual([])
    expect(offered('paint', '--save', 'no')).toEqual(['notes.md'])
  })

  it('offers modules, and what comes after them', () => {
    expect(offered('paint', '').sort()).toEqual(['main.js', 'main.ts', 'my main.mjs', 'src'])
    expect(offered('paint', '-j', '--format', 'dot', 'main').sort()).toEqual(['main.js', 'main.ts'])
    expect(offered('paint', 'main.ts', '')).toEqual(['red', 'green'])
    expect(offered('paint', '--label', 'x', 'main.ts', 'g')).toEqual(['green'])
    expect(offered('paint', '--format', '=', 'dot', 'main.ts', '')).toEqual(['red', 'green'])
    expect(offered('paint', 'main.ts', 'red', '')).toEqual([])
    expect(offered('paint', '--', 'node', '')).toEqual([])
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })
})

describe('completion in zsh and fish', () => {
  it.each(SHELLS)('%s knows every command and every option', (shell) => {
    const script = completionScript(shell, wordsOf(TABLE))
    for (const { name, options } of TABLE) {
      expect(script).toContain(name)
      for (const option of Object.keys(options)) expect(script).toContain(shell === 'fish' ? `-l ${option}` : `--${option}`)
    }
  })

  it('quotes what is said as each of them needs it', () => {
    expect(completionScript('zsh', wordsOf(TABLE))).toContain(`'paint:draw it'\\''s picture\\: [now]'`)
    expect(completionScript('zsh', wordsOf(TABLE))).toContain(`'*--label=[what'\\''s in it]:value: '`)
    expect(completionScript('fish', wordsOf(TABLE))).toContain(`-a paint -d 'draw it\\'s picture: [now]'`)
    expect(completionScript('fish', wordsOf(TABLE))).toContain(`-l format -x -a 'dot svg' -d 'how'`)
  })
})

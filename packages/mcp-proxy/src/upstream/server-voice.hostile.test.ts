import { serverSecrets } from '@keelson/pools'
import { expect, it } from 'vitest'
import { ServerVoice } from './server-voice.js'

function voice() {
  const said: string[] = []
  const secrets = serverSecrets({ command: 'serve', env: { API_TOKEN: 'hunter22' } })
  return { said, voice: new ServerVoice('evil', secrets, (line) => void said.push(line)) }
}

it('what a server writes to its standard error moves no cursor, and forges no line of others', () => {
  const { said, voice: evil } = voice()
  evil.hear(Buffer.from('a\x1b]52;c;ZXZpbA==\x07b\x1b[2J\u202e\rforged\n[good] forged, too\n'))
  expect(said).toEqual(['[evil] a\\x1b]52;c;ZXZpbA==\\x07b\\x1b[2J\\u202e', '[evil] forged', '[evil] [good] forged, too'])
})

it('a secret of its config is said in no line, wherever the stream is cut', () => {
  const { said, voice: evil } = voice()
  for (const part of ['the token is hun', 'ter22 he', 're\n', 'hunter22', '\n']) evil.hear(Buffer.from(part))
  expect(said).toEqual(['[evil] the token is *** here', '[evil] ***'])
})

it('a line without an end is said in parts', () => {
  const { said, voice: evil } = voice()
  for (let n = 0; n < 64; n++) evil.hear(Buffer.from('x'.repeat(1_024)))
  evil.end()
  expect(Math.max(...said.map(({ length }) => length))).toBeLessThan(8_300)
  expect(said.join('').replaceAll('[evil] ', '')).toHaveLength(65_536)
})

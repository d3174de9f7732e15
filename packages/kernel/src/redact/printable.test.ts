import { expect, test } from 'vitest'
import { printable } from './printable.js'

test.each([
  ['a line break', 'a\nb\r\nc\u2028d\u2029', 'a\\nb\\r\\nc\\u2028d\\u2029'],
  ['an escape sequence', '\u001b[2J\u001b]52;c;eA==\u0007', '\\x1b[2J\\x1b]52;c;eA==\\x07'],
  ['C1 and DEL', 'a\u009b2Jb\u007f', 'a\\x9b2Jb\\x7f'],
  ['an override of the direction', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
  ['a tab', 'a\tb', 'a\\tb'],
  ['nothing', 'Überall 水 😀 \ud800', 'Überall 水 😀 \ud800'],
])('printable() shows %s', (_what, text, expected) => expect(printable(text)).toBe(expected))

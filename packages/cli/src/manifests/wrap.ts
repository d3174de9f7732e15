import { printable } from '@keelson/kernel/redact'

/** A text in lines of at most so many characters; a word that is longer stays whole. Line ends of the text stay. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((written) => {
    // Names of resources are part of it, and what reads a manifest has more line ends than this one.
    const paragraph = printable(written)
    const lines: string[] = []
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    return [...lines, line]
  })
}

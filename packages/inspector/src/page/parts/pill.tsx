import type { Mood } from '../model/mood.js'
import { Glyph } from './glyph.js'

/** How something is: glyph and word, in the colour of its tone. */
export function Pill({ mood, large = false }: { mood: Mood; large?: boolean }) {
  return (
    <span class={`pill tone-${mood.tone}${large ? ' large' : ''}`}>
      <Glyph tone={mood.tone} />
      {mood.word}
    </span>
  )
}

import type { Tone } from '@keelson/kernel'
import type { ResourceView } from '../../protocol.js'
import { moodOf, TONE_WORDS, TONES, worstTone } from '../model/mood.js'
import { Glyph } from '../parts/glyph.js'
import type { Rect } from './layout.js'

/** How many of a group are in which tone, worst first. */
export function tallyOf(members: readonly ResourceView[]): readonly { readonly tone: Tone; readonly count: number }[] {
  const tones = members.map((member) => moodOf(member).tone)
  return TONES.map((tone) => ({ tone, count: tones.filter((each) => each === tone).length })).filter(({ count }) => count > 0)
}

interface Props {
  readonly id: string
  readonly label: string
  readonly members: readonly ResourceView[]
  readonly rect: Rect
  readonly classes: string
  readonly tabbable: boolean
}

/** A closed group: how many it has, and how they are. It opens when it is activated. */
export function GroupBox({ id, label, members, rect, classes, tabbable }: Props) {
  const tally = tallyOf(members)
  const worst = worstTone(tally.map(({ tone }) => tone))
  return (
    <button
      type="button"
      class={`box group tone-${worst} ${classes}`}
      data-box={id}
      tabIndex={tabbable ? 0 : -1}
      aria-expanded="false"
      style={{ left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px` }}
    >
      <span class="many">
        {members.length}
        <span class="visually-hidden"> resources in group </span>
      </span>
      <span class="name">
        {label}
        <span class="visually-hidden">: </span>
      </span>
      <span class="word tally">
        {tally.map(({ tone, count }) => (
          <span key={tone} class={`tone-${tone}`}>
            <Glyph tone={tone} />
            {count}
            <span class="visually-hidden"> {TONE_WORDS[tone]}; </span>
          </span>
        ))}
      </span>
    </button>
  )
}

import type { Tone } from '@keelson/kernel'
import type { ResourceView } from '../../protocol.js'
import { moodOf, TONE_WORDS, TONES } from '../model/mood.js'
import type { Search } from '../model/search.js'
import { Glyph } from './glyph.js'

interface Props {
  readonly search: Search
  readonly resources: ReadonlyMap<string, ResourceView>
  onSearch(search: Search): void
}

/** What of the resources is shown: by words, and by how they are. */
export function SearchBar({ search, resources, onSearch }: Props) {
  const tally = new Map<Tone, number>(TONES.map((tone) => [tone, 0]))
  for (const resource of resources.values()) {
    const { tone } = moodOf(resource)
    tally.set(tone, tally.get(tone)! + 1)
  }
  const toggle = (tone: Tone) => {
    const tones = new Set(search.tones)
    if (!tones.delete(tone)) tones.add(tone)
    onSearch({ ...search, tones })
  }
  return (
    <div class="search-bar" role="search">
      <input
        id="search"
        type="search"
        placeholder="Search name, label=value, state"
        aria-label="Search resources (press /)"
        aria-keyshortcuts="/"
        value={search.text}
        onInput={(event) => onSearch({ ...search, text: event.currentTarget.value })}
      />
      <div class="tones" role="group" aria-label="Show only">
        {TONES.filter((tone) => tally.get(tone)! > 0 || search.tones.has(tone)).map((tone) => (
          <button
            key={tone}
            type="button"
            class={`tone-chip tone-${tone}`}
            aria-pressed={search.tones.has(tone)}
            title={TONE_WORDS[tone]}
            onClick={() => toggle(tone)}
          >
            <Glyph tone={tone} />
            {tally.get(tone)}
            <span class="visually-hidden"> {TONE_WORDS[tone]}</span>
          </button>
        ))}
      </div>
    </div>
  )
}

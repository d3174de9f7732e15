import { useState } from 'preact/hooks'
import type { EventRecord } from '../../protocol.js'
import { TONE_WORDS, TONES } from '../model/mood.js'
import { count, timeOfDay } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { Glyph } from '../parts/glyph.js'
import { ALL_EVENTS, type EventFilter, filteredEvents } from './event-filter.js'

const PAGE = 200

/** What the kernel says, newest first; it can be held. */
export function EventsView({ desk }: { desk: Desk }) {
  const { events } = desk.page
  const [filter, setFilter] = useState<EventFilter>(ALL_EVENTS)
  const [heldAt, setHeldAt] = useState<number>()
  const [most, setMost] = useState(PAGE)
  const seen = heldAt === undefined ? events : events.filter(({ id }) => id <= heldAt)
  const shown = filteredEvents(seen, filter)
  const names = [...new Set(events.flatMap(({ resource }) => resource ?? []))].sort()
  const change = (part: Partial<EventFilter>) => setFilter({ ...filter, ...part })
  return (
    <div class="events">
      <div class="tools">
        <input
          type="search"
          placeholder="Search events"
          aria-label="Search events"
          value={filter.text}
          onInput={(event) => change({ text: event.currentTarget.value })}
        />
        <select
          aria-label="Resource"
          value={filter.resource}
          onChange={(event) => change({ resource: event.currentTarget.value })}
        >
          <option value="">every resource</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <select
          aria-label="Tone"
          value={filter.tone}
          onChange={(event) => change({ tone: event.currentTarget.value as EventFilter['tone'] })}
        >
          <option value="">every tone</option>
          {TONES.map((tone) => (
            <option key={tone} value={tone}>
              {TONE_WORDS[tone]}
            </option>
          ))}
        </select>
        <button
          type="button"
          aria-pressed={heldAt !== undefined}
          onClick={() => setHeldAt(heldAt === undefined ? (events.at(-1)?.id ?? 0) : undefined)}
        >
          {heldAt === undefined ? 'Pause' : `Resume, ${events.length - seen.length} new`}
        </button>
      </div>
      {shown.length === 0 && (
        <p class="empty">{events.length === 0 ? 'Nothing has happened yet.' : 'No event passes the filter.'}</p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard. */}
      <section class="scroll" tabIndex={0} aria-label="Events">
        <ol class="event-list">
          {shown.slice(0, most).map((event) => (
            <EventRow key={event.id} event={event} desk={desk} />
          ))}
        </ol>
        {shown.length > most && (
          <button type="button" class="more" onClick={() => setMost(most + PAGE)}>
            Show more, {count(shown.length - most, 'older event')}
          </button>
        )}
      </section>
    </div>
  )
}

function EventRow({ event, desk }: { event: EventRecord; desk: Desk }) {
  const { at, tone, text, resource, type } = event
  return (
    <li class={`tone-${tone}`} title={type}>
      <time>{timeOfDay(at, true)}</time>
      <Glyph tone={tone} />
      {resource === undefined ? (
        <span class="who faint">{desk.page.kernel.name}</span>
      ) : (
        <button type="button" class="who" onClick={(click) => desk.select(resource, click.detail === 0)}>
          {resource}
        </button>
      )}
      <span class="text">{withoutName(text, resource)}</span>
    </li>
  )
}

/** The name stands before it already. */
function withoutName(text: string, resource = ''): string {
  return text.startsWith(`${resource} `) ? text.slice(resource.length + 1) : text
}

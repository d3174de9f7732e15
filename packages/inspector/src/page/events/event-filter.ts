import type { Tone } from '@keelson/kernel'
import type { EventRecord } from '../../protocol.js'
import { hasWords } from '../model/search.js'

export interface EventFilter {
  readonly text: string
  /** Only of this resource; '' for all. */
  readonly resource: string
  /** Only those of this tone; '' for all. */
  readonly tone: Tone | ''
}

export const ALL_EVENTS: EventFilter = { text: '', resource: '', tone: '' }

/** The events that pass the filter, newest first. */
export function filteredEvents(events: readonly EventRecord[], { text, resource, tone }: EventFilter): EventRecord[] {
  return events
    .filter((event) => (tone === '' || event.tone === tone) && (resource === '' || event.resource === resource))
    .filter((event) => hasWords([event.text, event.type, event.resource ?? ''], text))
    .reverse()
}

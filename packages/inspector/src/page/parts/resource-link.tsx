import { moodOf } from '../model/mood.js'
import type { Desk } from './desk.js'
import { Glyph } from './glyph.js'

/** The name of a resource, which leads to its details. */
export function ResourceLink({ desk, name, note }: { desk: Desk; name: string; note?: string }) {
  const resource = desk.page.resources.get(name)
  if (resource === undefined) return <span class="resource-link gone">{name}</span>
  const mood = moodOf(resource)
  return (
    <button type="button" class="resource-link" onClick={(event) => desk.select(name, event.detail === 0)}>
      <Glyph tone={mood.tone} />
      <span class="name">{name}</span>
      <span class="visually-hidden"> {mood.word}</span>
      {note !== undefined && <span class="note">{note}</span>}
    </button>
  )
}

import type { Tone } from '@keelson/kernel'
import type { ResourceView } from '../../protocol.js'
import { moodOf } from './mood.js'

/** What of the resources somebody wants to see. */
export interface Search {
  readonly text: string
  /** Only those in one of these tones; none for all. */
  readonly tones: ReadonlySet<Tone>
}

export const EVERYTHING: Search = { text: '', tones: new Set() }

export function isEverything({ text, tones }: Search): boolean {
  return text.trim() === '' && tones.size === 0
}

type Searched = Pick<
  ResourceView,
  'name' | 'labels' | 'state' | 'health' | 'impact' | 'standby' | 'consecutiveFailures' | 'failureThreshold'
>

/** Whether a resource has every word of the search in its name, labels (`team=shop`), state or health. */
export function matches(resource: Searched, { text, tones }: Search): boolean {
  const mood = moodOf(resource)
  if (tones.size > 0 && !tones.has(mood.tone)) return false
  const labels = Object.entries(resource.labels).map(([key, value]) => `${key}=${value}`)
  return hasWords([resource.name, ...labels, mood.word, resource.state, resource.health], text)
}

/** Whether each word of `text` is in one of `texts`, in whatever case. */
export function hasWords(texts: readonly string[], text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const lower = texts.map((part) => part.toLowerCase())
  return words.every((word) => lower.some((part) => part.includes(word)))
}

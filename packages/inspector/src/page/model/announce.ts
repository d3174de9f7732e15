import { kernelMood, moodOf } from './mood.js'
import type { PageState } from './page-state.js'
import { count, listed } from './words.js'

/** What a screen reader is told of what has changed: one sentence for a few resources, figures for many; '' for nothing. */
export function announcement(before: PageState, after: PageState): string {
  const parts: string[] = []
  const [was, is] = [kernelMood(before.kernel), kernelMood(after.kernel)]
  if (was.word !== is.word) parts.push(`${after.kernel.name} is ${is.word}`)
  const byWord = new Map<string, string[]>()
  for (const [name, resource] of after.resources) {
    const known = before.resources.get(name)
    if (known === resource) continue
    const { word } = moodOf(resource)
    if (known !== undefined && moodOf(known).word === word) continue
    byWord.set(word, [...(byWord.get(word) ?? []), name])
  }
  for (const [word, names] of byWord) {
    parts.push(names.length > 3 ? `${count(names.length, 'resource')} ${word}` : `${listed(names)} ${word}`)
  }
  return parts.join('; ')
}

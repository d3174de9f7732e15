import type { ResourceView } from '../../protocol.js'
import { moodOf } from '../model/mood.js'
import { ago, duration, timeOfDay } from '../model/words.js'
import { Glyph } from '../parts/glyph.js'

/** What became of a resource, newest first, and how long each state lasted. */
export function History({ resource, now }: { resource: ResourceView; now: number }) {
  const { history } = resource
  if (history.length === 0) return null
  const records = history.map((record, index) => ({ ...record, until: history[index + 1]?.at })).reverse()
  return (
    <section>
      <h3>History</h3>
      <ol class="history">
        {records.map(({ at, state, health, until }, index) => {
          const mood = moodOf({ ...PLAIN, impact: resource.impact, state, health })
          return (
            <li key={index}>
              <time>{timeOfDay(at)}</time>
              <Glyph tone={mood.tone} />
              <span>
                {mood.word}
                {state === 'running' && health === 'healthy' && ', healthy'}
              </span>
              <small>{until === undefined ? ago(now - at) : duration(until - at)}</small>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

const PLAIN = { consecutiveFailures: 0 } as const

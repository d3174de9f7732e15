import { useMemo } from 'preact/hooks'
import type { ResourceView } from '../../protocol.js'
import { healthWord, moodOf } from '../model/mood.js'
import { count, duration } from '../model/words.js'
import { Glyph } from '../parts/glyph.js'
import type { Rect } from './layout.js'

interface Props {
  readonly resource: ResourceView
  readonly rect: Rect
  readonly classes: string
  readonly tabbable: boolean
  readonly selected: boolean
  /** How it is connected, in words. */
  readonly links: string
}

/** A resource in the graph: its name, how it is, and what goes on. Made anew only when something of it has changed. */
export function ResourceBox({ resource, rect, classes, tabbable, selected, links }: Props) {
  return useMemo(() => {
    const { name } = resource
    const mood = moodOf(resource)
    const more = secondLine(resource)
    return (
      <button
        type="button"
        class={`box tone-${mood.tone} ${classes}`}
        data-box={name}
        tabIndex={tabbable ? 0 : -1}
        aria-pressed={selected}
        style={{ left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px` }}
      >
        <Glyph tone={mood.tone} />
        <span class="name">
          {name}
          <span class="visually-hidden">: </span>
        </span>
        <span class="word">
          {mood.word}
          {more !== '' && <small> · {more}</small>}
          <span class="visually-hidden">; {links}</span>
        </span>
      </button>
    )
  }, [resource, rect, classes, tabbable, selected, links])
}

function secondLine(resource: ResourceView): string {
  const { state, step, hook, work, startMs, responseMs } = resource
  if (state === 'starting' && step !== undefined) return step.name
  if ((state === 'draining' || state === 'stopping') && work !== undefined) return `${work.count} in flight`
  if (hook !== undefined && hook.phase !== 'check') return hook.phase
  const health = healthWord(resource)
  if (health !== undefined && health !== 'healthy')
    return health === 'unhealthy' ? count(resource.consecutiveFailures, 'check') : health
  if (state !== 'running') return ''
  if (responseMs !== undefined) return `healthy, ${duration(responseMs.p50)}`
  return startMs === undefined ? '' : `up in ${duration(startMs)}`
}

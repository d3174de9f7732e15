import type { Span } from '@keelson/kernel'
import { duration } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import type { Episode } from './episodes.js'
import type { Lane } from './lanes.js'

interface Props {
  readonly lane: Lane
  readonly episode: Episode
  readonly length: number
  readonly ticks: readonly number[]
  readonly desk: Desk
}

/** The hooks of one resource as bars. */
export function LaneRow({ lane, episode, length, ticks, desk }: Props) {
  const { now } = desk
  const share = (ms: number) => `${Math.min(100, Math.max(0, (ms / length) * 100))}%`
  const bar = ({ start, end }: Span) => ({ left: share(start - episode.from), width: share((end ?? now) - start) })
  return (
    <li class={`lane${lane.isCritical ? ' critical' : ''}${desk.selected === lane.resource ? ' selected' : ''}`}>
      <button type="button" class="lane-name" onClick={(event) => desk.select(lane.resource, event.detail === 0)}>
        <span class="name">{lane.resource}</span>
        <span class="visually-hidden">{inWords(lane, now)}</span>
      </button>
      <div class="track" aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} class="line" style={{ left: share(tick) }} />
        ))}
        {lane.hooks.map((span) => (
          <span
            key={`${span.phase}${span.start}`}
            class={`bar ${span.phase}${span.ok ? '' : ' failed'}${span.end === undefined ? ' open' : ''}`}
            style={bar(span)}
            title={`${span.phase} ${duration((span.end ?? now) - span.start)}${span.ok ? '' : ', failed'}`}
          />
        ))}
        {lane.steps.map((span) => (
          <span
            key={`${span.step}${span.start}`}
            class={`bar step${span.ok ? '' : ' failed'}${span.end === undefined ? ' open' : ''}`}
            style={bar(span)}
            title={`${span.step} ${duration((span.end ?? now) - span.start)}${span.ok ? '' : ', failed'}`}
          />
        ))}
        {lane.marks.map(({ id, at, tone, text }) => (
          <span key={id} class={`mark tone-${tone}`} style={{ left: share(at - episode.from) }} title={text} />
        ))}
        <span class="took" style={{ left: share(lane.to - episode.from) }}>
          {duration(lane.tookMs)}
        </span>
        {episode.isOpen && <span class="now" style={{ left: share(now - episode.from) }} />}
      </div>
    </li>
  )
}

function inWords({ hooks, steps, marks, isCritical }: Lane, now: number): string {
  const parts = [...hooks, ...steps].map(({ phase, step, start, end, ok }) => {
    const name = phase === 'step' ? `step ${step}` : phase
    return `${name} ${duration((end ?? now) - start)}${ok ? '' : ' failed'}${end === undefined ? ' so far' : ''}`
  })
  return `: ${[...parts, ...marks.map(({ text }) => text), ...(isCritical ? ['on the critical path'] : [])].join(', ')}`
}

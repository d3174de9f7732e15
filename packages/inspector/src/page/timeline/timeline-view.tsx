import { useState } from 'preact/hooks'
import type { Links } from '../model/links.js'
import { isMoving } from '../model/mood.js'
import { isEverything, matches, type Search } from '../model/search.js'
import { count, duration, timeOfDay } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { type Episode, episodesOf } from './episodes.js'
import { LaneRow } from './lane-row.js'
import { awaitedSpans, criticalChain, lanesOf } from './lanes.js'
import { ticksOf } from './ticks.js'

const KINDS: Readonly<Record<Episode['kind'], string>> = { start: 'Start', restart: 'Restart', shutdown: 'Shutdown' }

/** When the hooks of a start, a restart or a shutdown ran, and which of them decided how long it took. */
export function TimelineView({ desk, links, search }: { desk: Desk; links: Links; search: Search }) {
  const { page, now } = desk
  const { timeline, plan, events, resources } = page
  const [chosen, setChosen] = useState<string>()
  // Nobody waits for one that stands by: its start would be there for as long as it does.
  const spans = timeline.filter(({ resource, end }) => end !== undefined || resources.get(resource)?.standby === undefined)
  const episodes = episodesOf(spans, now, plan.budget.beganAt)
  const episode = episodes.find(({ id }) => id === chosen) ?? initial(episodes, isMoving(page.kernel.state))
  if (episode === undefined) return <p class="empty">Nothing has started yet.</p>
  const awaited = awaitedSpans(episode.spans, events, (name) => (resources.get(name)?.impact ?? 'unready') !== 'unready')
  const critical = criticalChain(awaited, links, episode.kind, now)
  const lanes = lanesOf(episode, events, critical, now).filter(({ resource }) => {
    const known = resources.get(resource)
    return isEverything(search) || (known !== undefined && matches(known, search))
  })
  const length = Math.max(1, episode.to - episode.from)
  const ticks = ticksOf(length)
  return (
    <div class="timeline">
      <div class="timeline-head">
        {episodes.length > 1 ? (
          <label class="choice">
            <span>Show</span>
            <select value={episode.id} onChange={(event) => setChosen(event.currentTarget.value)}>
              {offered(episodes).map((each) => (
                <option key={each.id} value={each.id}>
                  {titleOf(each)}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <b>{titleOf(episode)}</b>
        )}
        <span>
          {count(lanes.length, 'resource')} in <b class="figure">{duration(length)}</b>
          {episode.isOpen ? ' so far' : ''}
        </span>
        <ul class="key" aria-label="Key">
          <li class="critical">critical path</li>
          <li class="start">start</li>
          <li class="step">step</li>
          <li class="drain">drain</li>
          <li class="stop">stop</li>
        </ul>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard. */}
      <section class="lanes scroll" tabIndex={0} aria-label={`${titleOf(episode)}, by resource`}>
        <div class="axis" aria-hidden="true">
          <div class="track">
            {ticks.map((tick) => (
              <span key={tick} class="tick" style={{ left: `${(tick / length) * 100}%` }}>
                {tick === 0 ? '0' : duration(tick)}
              </span>
            ))}
            {episode.isOpen && <span class="now" style={{ left: `${((now - episode.from) / length) * 100}%` }} />}
          </div>
        </div>
        <ul>
          {lanes.map((lane) => (
            <LaneRow key={lane.resource} lane={lane} episode={episode} length={length} ticks={ticks} desk={desk} />
          ))}
        </ul>
      </section>
    </div>
  )
}

/** What the kernel does now, else the shutdown, else the first start; not what one resource does meanwhile. */
function initial(episodes: readonly Episode[], isMoving: boolean): Episode | undefined {
  const open = isMoving ? episodes.findLast(({ isOpen }) => isOpen) : undefined
  return open ?? episodes.findLast(({ kind }) => kind === 'shutdown') ?? episodes[0]
}

/** The first and the newest. */
function offered(episodes: readonly Episode[]): readonly Episode[] {
  return episodes.length > MOST ? [episodes[0]!, ...episodes.slice(1 - MOST)] : episodes
}

const MOST = 50

function titleOf({ kind, from, spans }: Episode): string {
  const names = new Set(spans.map(({ resource }) => resource))
  const whose = names.size === 1 && kind !== 'shutdown' ? ` of ${[...names][0]}` : ''
  return `${KINDS[kind]}${whose} at ${timeOfDay(from)}`
}

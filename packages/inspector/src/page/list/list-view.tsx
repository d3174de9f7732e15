import type { ResourceView } from '../../protocol.js'
import { compareTones, healthWord, moodOf } from '../model/mood.js'
import { matches, type Search } from '../model/search.js'
import { duration } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { Pill } from '../parts/pill.js'
import { Sparkline } from '../parts/sparkline.js'

/** All resources as a table, what is not fine first, then in the order of the start. */
export function ListView({ desk, search }: { desk: Desk; search: Search }) {
  const { resources, plan } = desk.page
  const place = new Map(plan.order.map((name, index) => [name, index]))
  const placeOf = ({ name }: ResourceView) => place.get(name) ?? resources.size
  const rank = (resource: ResourceView) => Math.min(compareTones(moodOf(resource).tone, 'ok'), 0)
  const shown = [...resources.values()]
    .filter((resource) => matches(resource, search))
    .sort((a, b) => rank(a) - rank(b) || placeOf(a) - placeOf(b))
  if (shown.length === 0) return <p class="empty">No resource matches the search.</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
    <section class="scroll" tabIndex={0} aria-label="Resources">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Resource</th>
            <th scope="col">State</th>
            <th scope="col">Health</th>
            <th scope="col" class="wide number">
              Start
            </th>
            <th scope="col" class="wide number">
              p50 / p95
            </th>
            <th scope="col" class="wide">
              Checks
            </th>
            <th scope="col" class="wide number">
              In flight
            </th>
            <th scope="col" class="wide number">
              Restarts
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((resource) => (
            <Row key={resource.name} resource={resource} desk={desk} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Row({ resource, desk }: { resource: ResourceView; desk: Desk }) {
  const { name, startMs, responseMs, checks, work, restartsDone, error } = resource
  return (
    <tr class={desk.selected === name ? 'selected' : ''} onClick={() => desk.select(name)}>
      <th scope="row">
        <button
          type="button"
          class="row-link"
          onClick={(event) => {
            event.stopPropagation()
            desk.select(name, event.detail === 0)
          }}
        >
          {name}
        </button>
        {error !== undefined && <span class="why">{error}</span>}
      </th>
      <td>
        <Pill mood={moodOf(resource)} />
      </td>
      <td>{healthWord(resource) ?? <span class="faint">–</span>}</td>
      <td class="wide number">{startMs === undefined ? <span class="faint">–</span> : duration(startMs)}</td>
      <td class="wide number">
        {responseMs === undefined ? <span class="faint">–</span> : `${duration(responseMs.p50)} / ${duration(responseMs.p95)}`}
      </td>
      <td class="wide">
        <Sparkline
          label={`Checks of ${name}`}
          points={checks.slice(-24).map(({ durationMs, ok }) => ({ value: durationMs, ok }))}
        />
      </td>
      <td class="wide number">{work?.count ?? <span class="faint">–</span>}</td>
      <td class="wide number">{restartsDone === 0 ? <span class="faint">–</span> : restartsDone}</td>
    </tr>
  )
}

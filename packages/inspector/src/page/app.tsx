import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ActionRequest } from '../protocol.js'
import { DetailsPane } from './details/details-pane.js'
import { EventsView } from './events/events-view.js'
import { GraphView } from './graph/graph-view.js'
import { Banner } from './kernel/banner.js'
import { Header } from './kernel/header.js'
import { Overview } from './kernel/overview.js'
import { ask } from './link/ask.js'
import type { LinkView, ProcessLink } from './link/process-link.js'
import { ListView } from './list/list-view.js'
import { linksOf } from './model/links.js'
import { isMoving } from './model/mood.js'
import type { PageState } from './model/page-state.js'
import { EVERYTHING, type Search } from './model/search.js'
import { PanelsView } from './panels/panels-view.js'
import type { Desk } from './parts/desk.js'
import { type Question, QuestionDialog } from './parts/dialog.js'
import { SearchBar } from './parts/search-bar.js'
import { applyTheme, storedTheme } from './parts/theme.js'
import { type Toast, Toasts } from './parts/toasts.js'
import { useNow } from './parts/use-now.js'
import type { View } from './place.js'
import { Tabs } from './tabs.js'
import { TimelineView } from './timeline/timeline-view.js'
import { useAnnouncements } from './use-announcements.js'
import { usePlace } from './use-place.js'

/** The whole page. */
export function App({ link }: { link: ProcessLink }) {
  const [view, setView] = useState<LinkView>(link.view)
  useEffect(() => link.subscribe(setView), [link])
  if (view.page === undefined) {
    return (
      <main class="waiting">
        <h1>Keelson inspector</h1>
        <p role="status">
          {view.refused?.text ??
            (view.retryAt === 0 ? 'Connecting to the process…' : 'The process does not answer yet; trying again.')}
        </p>
      </main>
    )
  }
  // A new process begins with a new page.
  return <Inspector key={view.page.session} link={view} page={view.page} onConnect={() => link.connect()} />
}

function Inspector({ link, page, onConnect }: { link: LinkView; page: PageState; onConnect: () => void }) {
  const localNow = useNow(isMoving(page.kernel.state) ? 250 : 1_000)
  const [place, go] = usePlace()
  const [search, setSearch] = useState<Search>(EVERYTHING)
  const [theme, setTheme] = useState(storedTheme)
  const [question, setQuestion] = useState<Question>()
  const [toasts, setToasts] = useState<readonly Toast[]>([])
  const cameFrom = useRef<HTMLElement | null>(null)
  const announced = useAnnouncements(page, link.status)

  const shape = shapeOf(page)
  const links = useMemo(() => linksOf(page.resources.values()), [shape])
  useEffect(() => {
    document.title = `${page.kernel.name}: ${link.status === 'live' ? page.kernel.probe.status : link.status}`
  }, [page.kernel, link.status])

  const select = (name: string | undefined, byKey = false) => {
    if (name !== undefined && place.resource === undefined) cameFrom.current = document.activeElement as HTMLElement | null
    go({ ...place, resource: name })
    if (name !== undefined && byKey) requestAnimationFrame(() => document.getElementById('details')?.focus())
    if (name === undefined) cameFrom.current?.focus?.({ preventScroll: true })
  }
  const act = async (request: ActionRequest) => {
    const { ok, text } = await ask(request, page.csrf)
    const id = Date.now() + Math.random()
    setToasts((before) => [...before.slice(-3), { id, ok, text }])
    if (ok) setTimeout(() => setToasts((before) => before.filter((toast) => toast.id !== id)), 6_000)
  }
  // While nobody answers, the clock of the page stands still: ages would be guesses.
  const heard = link.status === 'live' ? localNow : link.heardAt
  const desk: Desk = {
    page,
    now: Math.max(heard, link.heardAt) + page.clockSkew,
    canAct: page.actions && link.status === 'live',
    selected: place.resource,
    select,
    act: (request) => void act(request),
    confirm: setQuestion,
  }
  useShortcuts(() => place.resource !== undefined && select(undefined))

  const hasSearch = place.view === 'graph' || place.view === 'list' || place.view === 'timeline'
  return (
    <div class={`page${place.resource === undefined ? '' : ' with-details'}`}>
      <Header
        desk={desk}
        link={link}
        localNow={localNow}
        theme={theme}
        onTheme={(next) => {
          setTheme(next)
          applyTheme(next)
        }}
      />
      <Banner link={link} page={page} now={desk.now} localNow={localNow} onConnect={onConnect} />
      <nav class="bar" aria-label="Views and search">
        <Tabs view={place.view} panels={page.panels} onView={(next) => go({ ...place, view: next })} />
        {hasSearch && <SearchBar search={search} resources={page.resources} onSearch={setSearch} />}
      </nav>
      <div class="split">
        <main>
          <div id="view" role="tabpanel" aria-labelledby={`tab-${place.view}`} class={`view-${place.view}`}>
            <CurrentView view={place.view} desk={desk} links={links} search={search} shape={shape} />
          </div>
        </main>
        <aside aria-label={place.resource === undefined ? 'Kernel' : 'Details'}>
          {place.resource === undefined ? (
            <Overview desk={desk} />
          ) : (
            <DetailsPane desk={desk} links={links} name={place.resource} />
          )}
        </aside>
      </div>
      <Toasts toasts={toasts} onClose={(id) => setToasts((before) => before.filter((toast) => toast.id !== id))} />
      <div class="visually-hidden" role="status" aria-live="polite" aria-label="State changes">
        {announced}
      </div>
      {question !== undefined && <QuestionDialog question={question} onClose={() => setQuestion(undefined)} />}
    </div>
  )
}

interface ViewProps {
  readonly desk: Desk
  readonly links: ReturnType<typeof linksOf>
  readonly search: Search
  readonly shape: string
}

function CurrentView({ view, desk, links, search, shape }: ViewProps & { view: View }) {
  switch (view) {
    case 'graph':
      return <GraphView desk={desk} links={links} search={search} shape={shape} />
    case 'list':
      return <ListView desk={desk} search={search} />
    case 'timeline':
      return <TimelineView desk={desk} links={links} search={search} />
    case 'panels':
      return <PanelsView desk={desk} />
    case 'events':
      return <EventsView desk={desk} />
    case 'kernel':
      return (
        <div class="scroll overview">
          <Overview desk={desk} />
        </div>
      )
  }
}

/** Changes when resources, edges or labels do, and at nothing else: the graph is laid out anew only then. */
function shapeOf({ resources }: PageState): string {
  return JSON.stringify([...resources.values()].map(({ name, labels, dependsOn }) => [name, labels, dependsOn]))
}

/** `/` goes to the search, Escape closes the details. */
function useShortcuts(onEscape: () => void): void {
  const latest = useRef(onEscape)
  latest.current = onEscape
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isTyping = (event.target as Element).matches?.('input, select, textarea')
      if (event.key === 'Escape' && !isTyping && document.querySelector('dialog[open]') === null) latest.current()
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      document.getElementById('search')?.focus()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
}

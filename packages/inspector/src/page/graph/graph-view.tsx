import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ResourceView } from '../../protocol.js'
import { type Links, reach } from '../model/links.js'
import { isEverything, matches, type Search } from '../model/search.js'
import { count } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { focused, panned, revealing, type Size, zoomed } from './camera.js'
import { useCanvas } from './canvas.js'
import { drawnFor, NARROW } from './drawing.js'
import { Edges } from './edges.js'
import { GroupBox } from './group-box.js'
import { GroupFrame } from './group-frame.js'
import { firstGrouping, type Grouping, groupingsOf } from './grouping.js'
import { Legend } from './legend.js'
import { type Direction, nextBox } from './next-box.js'
import { ResourceBox } from './resource-box.js'
import { GraphToolbar } from './toolbar.js'
import { groupId, visibleGraph } from './visible-graph.js'

/** The graph in layers: who depends is left of what it depends on (above it, where that has more room). */
export function GraphView({ desk, links, search, shape }: { desk: Desk; links: Links; search: Search; shape: string }) {
  const { resources } = desk.page
  const room = useRoom()
  const many = room.width < NARROW ? 24 : 90
  const [grouping, setGrouping] = useState<Grouping>(() => firstGrouping([...resources.values()], many))
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set())
  const [hovered, setHovered] = useState<string>()
  /** Where the focus is, or was last. */
  const [cursor, setCursor] = useState<string>()
  const [isKeyed, setKeyed] = useState(false)

  // Closed at first where there are many; `turned` are those that the reader has opened or closed.
  const startsClosed = resources.size > many
  const isClosed = (group: string) => turned.has(group) !== startsClosed
  const graph = useMemo(() => visibleGraph([...resources.values()], grouping, isClosed), [shape, grouping, turned, startsClosed])
  const drawing = useMemo(() => drawnFor(graph, room), [graph, room])
  const groupings = useMemo(() => groupingsOf([...resources.values()]), [shape])
  const canvas = useCanvas(drawing)
  const boxOf = useMemo(
    () => new Map(graph.boxes.flatMap(({ id, members }) => members.map((name) => [name, id] as const))),
    [graph],
  )

  const focus = hovered ?? (isKeyed ? cursor : undefined) ?? (desk.selected === undefined ? undefined : boxOf.get(desk.selected))
  const lit = useMemo(() => litFrom(focus, graph.boxes, links, boxOf), [focus, graph, links, boxOf])
  const found = isEverything(search)
    ? undefined
    : new Set([...resources.values()].filter((each) => matches(each, search)).map(({ name }) => name))
  const current = cursor !== undefined && drawing.boxes.has(cursor) ? cursor : graph.boxes[0]?.id
  const wordsOf = useMemo(() => new Map([...links.needs.keys()].map((name) => [name, linkWords(name, links)])), [links])

  const reveal = useRef<string | undefined>(undefined)
  useEffect(() => {
    if (desk.selected === undefined || reveal.current === desk.selected) return
    reveal.current = desk.selected
    const rect = drawing.boxes.get(boxOf.get(desk.selected) ?? '')
    if (rect !== undefined) canvas.move((camera, view) => revealing(camera, rect, view), true)
  })
  // What is searched for is brought into view, once it is one box.
  const only = found?.size === 1 ? boxOf.get([...found][0]!) : undefined
  useEffect(() => {
    const rect = only === undefined ? undefined : drawing.boxes.get(only)
    if (rect !== undefined) canvas.move((camera, view) => focused(camera, rect, view), true)
  }, [only])

  const toggle = (group: string) => setTurned((before) => withToggled(before, group))
  const activate = (id: string, byKey: boolean) => {
    const box = graph.boxes.find((each) => each.id === id)
    if (box?.isGroup) toggle(box.label)
    else if (box !== undefined) desk.select(desk.selected === id && !byKey ? undefined : id, byKey)
  }
  const goTo = (id: string | undefined) => {
    const rect = id === undefined ? undefined : drawing.boxes.get(id)
    if (id === undefined || rect === undefined) return
    setCursor(id)
    canvas.view.current?.querySelector<HTMLElement>(`[data-box="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })
    canvas.move((camera, view) => revealing(camera, rect, view), true)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const isArrow = event.key.startsWith('Arrow')
    if (isArrow && event.shiftKey) canvas.move((camera) => panned(camera, ...PAN[event.key as Direction]), true)
    else if (isArrow && current !== undefined) {
      const connected = new Set(graph.ties.flatMap(({ from, to }) => (from === current ? [to] : to === current ? [from] : [])))
      goTo(nextBox(current, event.key as Direction, drawing.boxes, connected))
    } else if (event.key === 'Home') goTo(graph.boxes[0]?.id)
    else if (event.key === 'End') goTo(graph.boxes.at(-1)?.id)
    else if (event.key === '+' || event.key === '=') zoom(1.3)
    else if (event.key === '-') zoom(1 / 1.3)
    else if (event.key === '0') canvas.fit()
    else return
    event.preventDefault()
  }
  const zoom = (factor: number) =>
    canvas.move((camera, { width, height }) => zoomed(camera, factor, { x: width / 2, y: height / 2 }), true)
  const idAt = (event: Event) => (event.target as Element).closest<HTMLElement>('[data-box]')?.dataset.box

  const classesOf = (id: string, members: readonly string[]) =>
    [
      lit !== undefined && (lit.has(id) ? (id === focus ? 'focus' : 'lit') : 'dim'),
      found !== undefined && (members.some((name) => found.has(name)) ? 'found' : 'missed'),
      desk.selected !== undefined && members.includes(desk.selected) && 'selected',
    ]
      .filter(Boolean)
      .join(' ')

  return (
    <div class="graph-view">
      <GraphToolbar
        grouping={grouping}
        groupings={groupings}
        groups={graph.groups}
        isClosed={isClosed}
        onGrouping={(next) => {
          setGrouping(next)
          setTurned(new Set())
        }}
        onCloseAll={(closed) => setTurned(closed === startsClosed ? new Set() : new Set(graph.groups))}
        onZoom={zoom}
        onFit={canvas.fit}
      />
      <div
        ref={canvas.view}
        class="canvas"
        role="group"
        aria-label={`Graph of ${count(resources.size, 'resource')}; arrow keys move along it, Enter opens, plus and minus zoom, 0 fits`}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const id = idAt(event)
          if (canvas.dragged.current) return
          if (id !== undefined) activate(id, event.detail === 0)
          else if ((event.target as Element).closest('button') === null) desk.select(undefined)
        }}
        onFocusCapture={(event) => {
          setCursor(idAt(event) ?? cursor)
          setKeyed((event.target as Element).matches(':focus-visible'))
        }}
        onBlurCapture={() => setKeyed(false)}
        onPointerOver={(event) => event.pointerType === 'mouse' && setHovered(idAt(event))}
        onPointerLeave={() => setHovered(undefined)}
      >
        <div ref={canvas.sheet} class="sheet">
          {[...drawing.frames].map(([group, rect]) => (
            <GroupFrame key={group} group={group} rect={rect} onClose={() => toggle(group)} />
          ))}
          <Edges drawing={drawing} lit={lit} focus={focus} />
          {graph.boxes.map(({ id, isGroup, label, members }) => {
            const rect = drawing.boxes.get(id)!
            const props = { rect, classes: classesOf(id, members), tabbable: id === current }
            const views = members.map((name) => resources.get(name)).filter((each): each is ResourceView => each !== undefined)
            if (isGroup) return <GroupBox key={id} id={groupId(label)} label={label} members={views} {...props} />
            return views[0] === undefined ? null : (
              <ResourceBox
                key={id}
                resource={views[0]}
                selected={desk.selected === id}
                links={wordsOf.get(id) ?? ''}
                {...props}
              />
            )
          })}
        </div>
      </div>
      <Legend />
    </div>
  )
}

const PAN: Readonly<Record<Direction, readonly [number, number]>> = {
  ArrowLeft: [120, 0],
  ArrowRight: [-120, 0],
  ArrowUp: [0, 120],
  ArrowDown: [0, -120],
}

/** What lights up with a box: all that it depends on, and all that depends on it. */
function litFrom(
  focus: string | undefined,
  boxes: readonly { id: string; members: readonly string[] }[],
  links: Links,
  boxOf: ReadonlyMap<string, string>,
) {
  const members = boxes.find(({ id }) => id === focus)?.members
  if (focus === undefined || members === undefined) return undefined
  const names = members.flatMap((name) => [...reach(name, links.needs), ...reach(name, links.neededBy)])
  return new Set([focus, ...names.map((name) => boxOf.get(name)!)])
}

function linkWords(name: string, { needs, neededBy }: Links): string {
  return `depends on ${needs.get(name)?.length ?? 0}, ${count(neededBy.get(name)?.length ?? 0, 'dependent')}`
}

function withToggled(set: ReadonlySet<string>, item: string): Set<string> {
  const next = new Set(set)
  if (!next.delete(item)) next.add(item)
  return next
}

/** About how much room there is, as of the last time that the page changed between narrow and wide. */
function useRoom(): Size {
  const query = useMemo(() => matchMedia('(max-width: 760px)'), [])
  const roomNow = () => ({ width: innerWidth - (query.matches ? 0 : 348), height: innerHeight - (query.matches ? 190 : 100) })
  const [room, setRoom] = useState(roomNow)
  useEffect(() => {
    const listen = () => setRoom(roomNow())
    query.addEventListener('change', listen)
    return () => query.removeEventListener('change', listen)
  }, [query])
  return room
}

/** What a layout is asked for: boxes by id, and edges from what depends to what it depends on. Edges of unknown boxes do not count. */
export interface LayoutInput {
  readonly boxes: readonly { readonly id: string; readonly width: number; readonly height: number }[]
  readonly edges: readonly { readonly from: string; readonly to: string }[]
}

/**
 * The boxes by column: who depends is left of what it depends on, and as near as it can be. A column of more than `most` boxes is
 * broken into several. Where edges go round in a circle, as those between groups may, some of them point back.
 */
export function columnsOf({ boxes, edges }: LayoutInput, most: number): string[][] {
  const needs = new Map(boxes.map(({ id }) => [id, [] as string[]]))
  for (const { from, to } of edges) if (from !== to && needs.has(to)) needs.get(from)?.push(to)
  const order = dependentsFirst(needs)
  const place = new Map(order.map((id, index) => [id, index]))
  const rank = new Map(order.map((id) => [id, 0]))
  const hasDependent = new Set<string>()
  for (const id of order) {
    for (const to of needs.get(id)!) {
      if (place.get(to)! < place.get(id)!) continue
      hasDependent.add(to)
      rank.set(to, Math.max(rank.get(to)!, rank.get(id)! + 1))
    }
  }
  // What nothing depends on moves towards what it depends on; what has no edge at all stands in the first column.
  for (const id of [...order].reverse()) {
    const forward = needs.get(id)!.filter((to) => place.get(to)! > place.get(id)!)
    if (!hasDependent.has(id) && forward.length > 0) rank.set(id, Math.min(...forward.map((to) => rank.get(to)!)) - 1)
  }
  const columns: string[][] = []
  for (const id of order) {
    columns[rank.get(id)!] ??= []
    columns[rank.get(id)!]!.push(id)
  }
  return columns.filter((column) => column !== undefined).flatMap((column) => broken(column, most))
}

/** All boxes, each before what it depends on, but for edges that close a circle. */
function dependentsFirst(needs: ReadonlyMap<string, readonly string[]>): string[] {
  const done: string[] = []
  const seen = new Set<string>()
  for (const root of needs.keys()) {
    if (seen.has(root)) continue
    seen.add(root)
    const path = [{ id: root, next: 0 }]
    while (path.length > 0) {
      const top = path.at(-1)!
      const to = needs.get(top.id)![top.next++]
      if (to === undefined) done.push(path.pop()!.id)
      else if (!seen.has(to)) {
        seen.add(to)
        path.push({ id: to, next: 0 })
      }
    }
  }
  return done.reverse()
}

function broken(column: readonly string[], most: number): string[][] {
  const parts = Math.max(1, Math.ceil(column.length / most))
  const size = Math.ceil(column.length / parts)
  return Array.from({ length: parts }, (_, part) => column.slice(part * size, (part + 1) * size))
}
